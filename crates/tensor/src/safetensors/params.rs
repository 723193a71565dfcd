//! Parameter vectors in files.

use std::path::Path;
use std::sync::Arc;

use files::text;

use super::error::Error;
use super::header::Header;
use super::read::{Reader, SafeTensors};
use super::write::{NewTensor, Values, to_bytes};
use crate::params::{Layout, ParamVec};

impl ParamVec {
    /// The parameters as tensors to be written, with `prefix` before their names.
    pub fn tensors(&self, prefix: &str) -> Vec<NewTensor<'_>> {
        let layout = self.layout();
        let tensor = |(id, info): (_, &crate::ParamInfo)| NewTensor {
            name: format!("{prefix}{}", info.name),
            shape: info.shape.to_vec(),
            values: Values::F32(self.get(id)),
        };
        layout.ids().zip(layout.entries()).map(tensor).collect()
    }

    /// Writes the parameters as a safetensors file under their names, atomically. Feature `safetensors`.
    ///
    /// ```
    /// use tensor::{Layout, ParamVec, Role};
    /// let mut layout = Layout::new();
    /// let weight = layout.push("fc.weight", [2, 3], Role::Matrix);
    /// let mut weights: ParamVec = ParamVec::zeros(layout);
    /// weights.get_mut(weight).fill(0.5);
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("weights.safetensors");
    /// weights.save(&path)?;
    /// assert_eq!(ParamVec::load(&path, weights.layout().clone())?, weights);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        Ok(files::atomic_write(path, &to_bytes(&self.tensors(""), &[]))?)
    }

    /// Reads the parameters of a layout from a safetensors file of any program. Dtype F32 is
    /// read bit for bit; F64, F16 and BF16 are converted. Feature `safetensors`.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or does not hold exactly these parameters with these
    /// shapes.
    pub fn load(path: &Path, layout: impl Into<Arc<Layout>>) -> Result<ParamVec, Error> {
        let layout = layout.into();
        let reader = Reader::open(path)?;
        let check = || {
            reader.header().check_layout("", &layout)?;
            let known = |name: &str| layout.find(name).is_some();
            let mut unknown =
                reader.header().tensors().map(|info| info.name).filter(|name| !known(name)).peekable();
            match unknown.peek() {
                Some(_) => Err(Error::tensor(format!("unknown tensors: {}", text::list(unknown)))),
                None => Ok(()),
            }
        };
        check().map_err(|error: Error| error.at(path))?;
        ParamVec::from_tensors(&reader.read()?, "", layout).map_err(|error| error.at(path))
    }

    /// Reads the parameters of a layout, whose names have `prefix` before them in the file. Other tensors are
    /// ignored.
    ///
    /// # Errors
    /// If one is missing, has another shape, or is not of a floating-point type.
    pub fn from_tensors(
        tensors: &SafeTensors<'_>,
        prefix: &str,
        layout: impl Into<Arc<Layout>>,
    ) -> Result<ParamVec, Error> {
        let layout = layout.into();
        tensors.header().check_layout(prefix, &layout)?;
        let mut params = ParamVec::zeros(layout.clone());
        for (id, info) in layout.ids().zip(layout.entries()) {
            let tensor = tensors.expect(&format!("{prefix}{}", info.name))?;
            params.get_mut(id).copy_from_slice(&tensor.f32s()?);
        }
        Ok(params)
    }
}

impl Header {
    /// Checks that the file has the parameters of a layout, with `prefix` before their names.
    ///
    /// # Errors
    /// If one is missing, has another shape, or is not of a floating-point type.
    pub fn check_layout(&self, prefix: &str, layout: &Layout) -> Result<(), Error> {
        layout.entries().iter().try_for_each(|info| {
            let found = self.expect(&format!("{prefix}{}", info.name))?;
            found.with_floats()?.with_shape(&info.shape).map(drop)
        })
    }
}
