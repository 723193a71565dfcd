//! What a person wants to know about each way of clipping.

use super::Clip;
use crate::rule::Info;
use crate::rule::MemoryTraffic;

impl Clip {
    /// What a person wants to know about it.
    pub fn info(self) -> &'static Info {
        match self {
            Clip::Norm(_) => &NORM,
            Clip::Value(_) => &VALUE,
            Clip::TensorNorm(_) => &TENSOR_NORM,
            Clip::Adaptive(_) => &ADAPTIVE,
        }
    }

    /// What it costs at each step in passes over memory, beside the rule.
    pub fn passes(self) -> MemoryTraffic {
        match self {
            // The rule's own loop multiplies.
            Clip::Norm(_) => MemoryTraffic::of(1, 1, 0),
            Clip::Value(_) => MemoryTraffic::of(2, 2, 2),
            Clip::TensorNorm(_) => MemoryTraffic::of(3, 3, 2),
            Clip::Adaptive(_) => MemoryTraffic::of(4, 4, 2),
        }
    }
}

const NORM: Info = Info {
    name: "clip",
    title: "Clipping by the global norm",
    family: "clipping",
    problem: "one batch with a huge gradient can throw the weights far away; scaled down as a whole, it \
              still points where it did",
    formula: "g ← g·min(1, c/(‖g‖ + 10⁻⁶))    (‖g‖ over all parameters together)",
    good_when: "losses have cliffs, as in recurrent nets and transformers; 1 is the usual norm",
    bad_when: "it acts at most steps: then it is a learning rate that nobody has chosen",
    relatives: "clip_tensor takes the norm of each parameter by itself, agc in proportion to its weights",
    source: "Pascanu, Mikolov & Bengio 2013, in PyTorch's form",
};

const VALUE: Info = Info {
    name: "clip_value",
    title: "Clipping by value",
    family: "clipping",
    problem: "single numbers of a gradient are huge, and a norm would make all others small with them",
    formula: "g ← min(max(g, −c), c)",
    good_when: "few numbers are out of line and the direction may change",
    bad_when: "the direction matters: it is turned towards the corners of a cube",
    relatives: "clip keeps the direction; sign_sgd is what is left when c is very small",
    source: "Mikolov 2012, section 3.3",
};

const TENSOR_NORM: Info = Info {
    name: "clip_tensor",
    title: "Clipping by the norm of each parameter",
    family: "clipping",
    problem: "one layer with a huge gradient makes clip shorten the steps of all others",
    formula: "g ← g·min(1, c/(‖g‖ + 10⁻⁶))    (‖g‖ of each parameter by itself)",
    good_when: "layers differ much in the size of their gradients",
    bad_when: "results are to be compared with clipping by the global norm, the field's standard",
    relatives: "clip takes one norm over all parameters; agc takes the limit from the size of the weights",
    source: "Pascanu, Mikolov & Bengio 2013, for each parameter by itself",
};

const ADAPTIVE: Info = Info {
    name: "agc",
    title: "Adaptive gradient clipping",
    family: "clipping",
    problem: "which norm is too large depends on the layer: what counts is the step beside the weights \
              that it changes",
    formula: "g ← g·c·max(‖w‖, 0.001)/‖g‖    where ‖g‖ is greater than c·max(‖w‖, 0.001)
(norms of one row of a matrix, or of a whole other parameter)",
    good_when: "networks without batch normalisation are trained with large batches; 0.01 is usual",
    bad_when: "weights start at 0: they can only grow by 0.001·c at a time",
    relatives: "clip_tensor has one limit for all parameters; lars makes every step such a share, not only the \
                long ones",
    source: "Brock et al. 2021",
};
