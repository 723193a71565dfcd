//! Labels of a data set.

use std::path::Path;

use crate::error::Error;
use crate::idx::{Idx, IdxData};

/// Class of each label, checked to be in range.
pub(crate) fn read(file: &Path, idx: &Idx, classes: usize) -> Result<Vec<u8>, Error> {
    let wrong = || Error::Content {
        file: file.into(),
        expected: "integer labels as count, or as count × 8 of i32 as QMNIST has them".into(),
        found: idx.describe(),
    };
    let is_qmnist = matches!((&idx.shape[..], &idx.data), ([_, 8], IdxData::I32(_)));
    let columns = match idx.shape[..] {
        [count] if count > 0 => 1,
        [count, columns] if count > 0 && (columns == 1 || is_qmnist) => columns,
        _ => return Err(wrong()),
    };
    let values: Vec<i64> = match &idx.data {
        IdxData::U8(x) => x.iter().step_by(columns).map(|&x| x.into()).collect(),
        IdxData::I8(x) => x.iter().step_by(columns).map(|&x| x.into()).collect(),
        IdxData::I16(x) => x.iter().step_by(columns).map(|&x| x.into()).collect(),
        IdxData::I32(x) => x.iter().step_by(columns).map(|&x| x.into()).collect(),
        IdxData::F32(_) | IdxData::F64(_) => return Err(wrong()),
    };
    let in_range = |(index, label): (usize, i64)| match u8::try_from(label) {
        Ok(class) if usize::from(class) < classes => Ok(class),
        _ => Err(Error::Label { file: file.into(), index, label, classes }),
    };
    values.into_iter().enumerate().map(in_range).collect()
}
