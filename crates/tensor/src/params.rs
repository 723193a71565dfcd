//! Parameters as one flat vector with names.
//!
//! Weights, gradients, momenta and averaged copies are the same type, so an optimizer's step, a
//! norm or a checkpoint is one loop over a slice.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::buffer::Buffer;
use crate::shape::Shape;

/// Role of a parameter, set by the layer that creates it. Weight decay and matrix rules depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A weight matrix or convolution kernel.
    Matrix,
    /// An additive bias.
    Bias,
    /// Scale or shift of a normalization.
    Norm,
    /// A table of embeddings.
    Embedding,
}

/// Name, shape, role and range of one parameter in the flat vector.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamInfo {
    /// Dotted name, as in PyTorch: `fc1.weight`.
    pub name: String,
    /// Shape, row-major.
    pub shape: Shape,
    /// Role in its layer.
    pub role: Role,
    /// Range of its elements in the flat vector.
    pub range: Range<usize>,
}

/// Handle of a parameter in a [`Layout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamId(usize);

impl ParamId {
    /// Position in the layout, counted from 0.
    pub fn index(self) -> usize {
        self.0
    }
}

/// The ordered names, shapes and roles of all parameters of a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layout {
    entries: Vec<ParamInfo>,
    /// Indices by name, so that lookups take constant time.
    places: BTreeMap<String, ParamId>,
}

impl Layout {
    /// An empty layout.
    pub fn new() -> Layout {
        Layout::default()
    }

    /// Appends a parameter; its elements follow those of the previous one.
    ///
    /// # Panics
    /// If the name is a duplicate.
    #[track_caller]
    pub fn push(&mut self, name: impl Into<String>, shape: impl Into<Shape>, role: Role) -> ParamId {
        let (name, shape) = (name.into(), shape.into());
        let id = ParamId(self.entries.len());
        assert!(self.places.insert(name.clone(), id).is_none(), "duplicate parameter `{name}`");
        let start = self.len();
        self.entries.push(ParamInfo { name, shape, role, range: start..start + shape.len() });
        id
    }

    /// All parameters in order.
    pub fn entries(&self) -> &[ParamInfo] {
        &self.entries
    }

    /// The handles of all parameters in order.
    pub fn ids(&self) -> impl Iterator<Item = ParamId> + use<> {
        (0..self.entries.len()).map(ParamId)
    }

    /// Description of the parameter with this handle.
    pub fn entry(&self, id: ParamId) -> &ParamInfo {
        &self.entries[id.0]
    }

    /// The handle of the parameter with this name.
    pub fn find(&self, name: &str) -> Option<ParamId> {
        self.places.get(name).copied()
    }

    /// Total number of elements of all parameters.
    pub fn len(&self) -> usize {
        self.entries.last().map_or(0, |e| e.range.end)
    }

    /// True if the layout has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One number for every element of a [`Layout`]: weights, gradients or optimizer state.
///
/// ```
/// use tensor::{ParamVec, Layout, Role};
/// let mut layout = Layout::new();
/// let weight = layout.push("fc.weight", [2, 3], Role::Matrix);
/// let bias = layout.push("fc.bias", [2], Role::Bias);
/// let mut weights: ParamVec = ParamVec::zeros(layout);
/// weights.get_mut(bias).fill(1.0);
/// assert_eq!(weights.as_slice(), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
/// assert_eq!(weights.get(weight).len(), 6);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ParamVec<T: Copy + Default = f32> {
    layout: Arc<Layout>,
    values: Buffer<T>,
}

impl<T: Copy + Default> ParamVec<T> {
    /// All zeros.
    pub fn zeros(layout: impl Into<Arc<Layout>>) -> ParamVec<T> {
        let layout = layout.into();
        let values = Buffer::zeros(layout.len());
        ParamVec { layout, values }
    }

    /// Zeros with the same layout as `self`.
    pub fn zeros_like(&self) -> ParamVec<T> {
        ParamVec::zeros(self.layout.clone())
    }

    /// The names, shapes and roles.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The elements of one parameter, row-major.
    pub fn get(&self, id: ParamId) -> &[T] {
        &self.values[self.layout.entry(id).range.clone()]
    }

    /// The elements of one parameter, row-major.
    pub fn get_mut(&mut self, id: ParamId) -> &mut [T] {
        &mut self.values[self.layout.entry(id).range.clone()]
    }

    /// All elements in the layout's order.
    pub fn as_slice(&self) -> &[T] {
        &self.values
    }

    /// All elements in the layout's order.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.values
    }
}
