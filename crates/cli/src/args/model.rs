//! The network.

use clap::Args;
use clap::builder::PossibleValuesParser;
use nn::{Activation, Architecture, Kind, models};

use crate::failure::Failure;

/// Flags that say which network to train.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Network")]
pub(crate) struct ModelArgs {
    /// The network: dense layers (mlp), none hidden (logreg), a convolutional net, or one for the characters of a text
    /// [default: mlp]
    #[arg(long, value_name = "NAME", value_parser = names())]
    pub(crate) model: Option<String>,
    /// Layer widths of an mlp, pixels to classes [default: the notebook's 784,128,64,10]
    #[arg(long, value_name = "W,W,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) layers: Option<Vec<u32>>,
    /// The nonlinearity between the layers of an mlp [default: relu]
    #[arg(long, value_name = "NAME", value_parser = Activation::ALL.map(|(name, _)| name))]
    pub(crate) activation: Option<String>,
}

impl ModelArgs {
    /// The network that is trained where none is named.
    const DEFAULT: &'static str = "mlp";

    /// The network that the flags name, but for `--layers`.
    pub(crate) fn architecture(&self) -> Architecture {
        let name = self.model.as_deref().unwrap_or(ModelArgs::DEFAULT);
        match Architecture::by_name(name).expect("only known names parse") {
            Architecture::Mlp { hidden, .. } => Architecture::Mlp { hidden, activation: self.activation() },
            other => other,
        }
    }

    /// The nonlinearity of an mlp.
    pub(crate) fn activation(&self) -> Activation {
        let chosen = self.activation.as_deref().map(Activation::by_name);
        chosen.map_or(Activation::Relu, |activation| activation.expect("only known names parse"))
    }

    /// Widths of all layers, which only an mlp can be given.
    pub(crate) fn widths(&self) -> Result<Option<Vec<usize>>, Failure> {
        let Some(widths) = &self.layers else { return Ok(None) };
        match self.architecture() {
            Architecture::Mlp { .. } => Ok(Some(widths.iter().map(|&width| width as usize).collect())),
            named => Err(Failure::usage(
                format!("--layers conflicts with --model {named}: they are widths of an mlp"),
                "leave out one of the two",
            )),
        }
    }

    /// The flags that name the same network, each after a space.
    pub(crate) fn flags(&self) -> String {
        let mut flags = String::new();
        if let Some(name) = &self.model {
            flags += &format!(" --model {name}");
        }
        if let Some(widths) = &self.layers {
            let widths: Vec<String> = widths.iter().map(u32::to_string).collect();
            flags += &format!(" --layers {}", widths.join(","));
        }
        if let Some(name) = &self.activation {
            flags += &format!(" --activation {name}");
        }
        flags
    }
}

/// The networks for images and for texts, which data of a user's own can be.
fn names() -> PossibleValuesParser {
    let is_for_data = |kind: Kind| matches!(kind, Kind::Images { .. } | Kind::Text);
    let named = models::ALL.iter().filter(|info| is_for_data(info.kind));
    PossibleValuesParser::new(named.map(|info| info.name))
}
