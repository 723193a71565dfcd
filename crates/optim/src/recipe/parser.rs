//! Parser of recipes.
//!
//! ```text
//! recipe   = head { "," part }
//! head     = rule | WRAPPER "(" head ")" { setting }
//! rule     = RULE { setting }
//! part     = schedule | "plateau" { setting } | "maximize"
//!          | ( "clip" | "clip_value" | "clip_tensor" | "agc" ) "=" NUMBER
//!          | "no_decay" "=" selector { "," selector }
//!          | selector ":" ( rule | setting { setting } )
//!          | HYPERPARAMETER ":" ( schedule | COURSE { setting } NUMBER ".." NUMBER )
//! schedule = product { "until=" SPAN "then" product }
//! product  = COURSE { setting } { "*" COURSE { setting } }
//! setting  = NAME "=" VALUE
//! selector = "matrix" | "bias" | "norm" | "embedding" | a name with "*" or "." | a name in quotes
//! ```

use std::iter::Peekable;
use std::ops::Range;
use std::str::FromStr;

use crate::clip::DynClip;
use crate::error::Error;
use crate::hyper::Hyperparameters;
use crate::recipe::tokens::{Kind, Located, Token, range_of, settings, tokens};
use crate::recipe::{Group, GroupRule, HyperSchedule, MAXIMIZE, NO_DECAY, OptimizerSpec, Selector};
use crate::rule::{DynRule, DynWrapper};
use crate::schedule::{LrSchedule, PlateauSettings};
use crate::{clips, rules, schedules, wrappers};

impl FromStr for OptimizerSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<OptimizerSpec, Error> {
        OptimizerSpec::parse_with_extras(text, &[]).map(|(spec, _)| spec)
    }
}

impl FromStr for HyperSchedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<HyperSchedule, Error> {
        tokens(text).and_then(|words| read_course("NAME", &words)).map_err(|error| error.of(text))
    }
}

/// Part of a recipe that belongs to the caller: `batch=64`.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtraPart<'t> {
    /// Name before `=`.
    pub name: &'static str,
    /// Value after `=`.
    pub value: &'t str,
    /// Bytes of the text.
    pub range: Range<usize>,
}

impl OptimizerSpec {
    /// Parses a recipe among whose parts are others, with names that the caller gives.
    ///
    /// ```
    /// let (spec, extras) = optim::OptimizerSpec::parse_with_extras("adam, batch=64, cosine", &["batch"])?;
    /// assert_eq!(spec.to_string(), "adam lr=0.001, cosine");
    /// assert_eq!((extras[0].name, extras[0].value, extras[0].range.clone()), ("batch", "64", 6..14));
    /// # Ok::<(), optim::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the text is no valid recipe; the error shows the place.
    pub fn parse_with_extras<'t>(
        text: &'t str,
        extras: &'static [&'static str],
    ) -> Result<(OptimizerSpec, Vec<ExtraPart<'t>>), Error> {
        read(text, extras).map_err(|error| error.of(text))
    }
}

/// Parses `name setting=value …`, as printed by the `Display` of a rule.
///
/// ```
/// let rule = optim::parse_rule("sgd momentum=0.9 nesterov=true lr=0.05")?;
/// assert_eq!(rule.to_string(), "sgd lr=0.05 momentum=0.9 nesterov=true");
/// # Ok::<(), optim::Error>(())
/// ```
///
/// # Errors
/// If a name is unknown or duplicate, a value is out of range, or some do not go together.
pub fn parse_rule(text: &str) -> Result<Box<dyn DynRule>, Error> {
    let read = || {
        let words = tokens(text)?;
        let rule = read_rule(&words, 0, &|_| None)?;
        rule.validate().map_err(|error| Located::new(range_of(&words), error))?;
        Ok(rule)
    };
    read().map_err(|error: Located| *error.error)
}

fn read<'t>(
    text: &'t str,
    extras: &'static [&'static str],
) -> Result<(OptimizerSpec, Vec<ExtraPart<'t>>), Located> {
    let tokens = tokens(text)?;
    let mut parts = parts(&tokens)?.into_iter().peekable();
    let head = parts.next().unwrap_or_default();
    let mut reader = Reader {
        spec: read_head(head, extras)?,
        schedule: None,
        hyper_schedules: vec![],
        no_decay: 0..0,
        groups: vec![],
        extras,
        found: vec![],
    };
    while let Some(part) = parts.next() {
        reader.part(part, &mut parts)?;
    }
    reader.finish(head)
}

/// Tokens between commas.
fn parts<'a, 't>(tokens: &'a [Token<'t>]) -> Result<Vec<&'a [Token<'t>]>, Located> {
    let (mut open, mut inside): (Vec<&Token<'_>>, Option<&Token<'_>>) = (vec![], None);
    for token in tokens {
        match token.kind {
            Kind::Open => open.push(token),
            Kind::Close if open.pop().is_none() => {
                return Err(token.recipe_error("unmatched `)`"));
            }
            Kind::Comma if !open.is_empty() => inside = inside.or(Some(token)),
            _ => {}
        }
    }
    if let Some(open) = open.pop() {
        return Err(open.recipe_error("unmatched `(`"));
    }
    if let Some(comma) = inside {
        let why =
            "expected one optimizer in the brackets; other parts follow them, as in `sam(adam), cosine`";
        return Err(comma.recipe_error(why));
    }
    let parts: Vec<&[Token<'_>]> = tokens.split(|token| token.kind == Kind::Comma).collect();
    let mut commas = tokens.iter().filter(|token| token.kind == Kind::Comma);
    for (part, comma) in parts[1..].iter().zip(&mut commas) {
        if part.is_empty() {
            return Err(comma.recipe_error("expected a part after this comma"));
        }
    }
    Ok(parts)
}

/// Parses the rule inside of its wrappers.
fn read_head(tokens: &[Token<'_>], extras: &[&'static str]) -> Result<OptimizerSpec, Located> {
    let mut rest = tokens;
    let mut wrappers: Vec<Box<dyn DynWrapper>> = vec![];
    while let [name, open, inside @ ..] = rest
        && open.kind == Kind::Open
    {
        wrappers.push(wrapper(name)?);
        if wrappers.len() > OptimizerSpec::MAX_WRAPPERS {
            return Err(name
                .recipe_error(format!("expected at most {} nested wrappers", OptimizerSpec::MAX_WRAPPERS)));
        }
        rest = inside;
    }
    let upto = |rest: &[Token<'_>]| rest.iter().position(|token| token.kind == Kind::Close);
    let (words, mut rest) = rest.split_at(upto(rest).unwrap_or(rest.len()));
    let elsewhere = |word: &Token<'_>| belongs_elsewhere(word, &wrappers, extras);
    let start = words.first().or(rest.first()).map_or(0, |token| token.range.start);
    let mut spec = OptimizerSpec::new(read_rule(words, start, &elsewhere)?);

    let around = wrappers.clone();
    for wrapper in wrappers.iter_mut().rev() {
        // Brackets are in pairs, but text may follow the last.
        let Some((_, tail)) = rest.split_first() else { break };
        let (words, after) = tail.split_at(upto(tail).unwrap_or(tail.len()));
        let name = wrapper.info().name;
        set_all(words, name, &mut **wrapper, &|word| belongs_elsewhere(word, &around, extras))?;
        wrapper.validate().map_err(|error| Located::new(range_of(words), error))?;
        rest = after;
    }
    if let Some(extra) = rest.first() {
        return Err(extra.recipe_error(format!("expected a comma before `{}`", extra.text)));
    }
    spec.wrappers = wrappers;
    Ok(spec)
}

fn wrapper(name: &Token<'_>) -> Result<Box<dyn DynWrapper>, Located> {
    wrappers::by_name(name.text).map_err(|unknown| match rules::by_name(name.text) {
        Ok(_) => {
            let of = name.text;
            name.recipe_error(format!("expected the settings of {of} without brackets, as in `{of} lr=0.1`"))
        }
        Err(_) => name.error(unknown),
    })
}

/// Parses a rule with its settings; an error about an empty text is at byte `start`.
fn read_rule(
    words: &[Token<'_>],
    start: usize,
    elsewhere: &dyn Fn(&Token<'_>) -> Option<String>,
) -> Result<Box<dyn DynRule>, Located> {
    let nothing = Token { kind: Kind::Word, text: "", range: start..start };
    let (name, settings) = words.split_first().unwrap_or((&nothing, &[]));
    let mut rule = rules::by_name(name.text).map_err(|unknown| {
        let (text, begins) = (name.text, "expected an optimizer first, as in `adam lr=0.01, cosine`");
        if wrappers::by_name(text).is_ok() {
            return name.recipe_error(format!(
                "expected an optimizer inside of the wrapper `{text}`, as in `{text}(adam)`"
            ));
        }
        let recipe_error =
            name.setting().is_some() || PARTS.contains(&text) || schedules::by_name(text).is_ok();
        if recipe_error || text.is_empty() { name.recipe_error(begins) } else { name.error(unknown) }
    })?;
    set_all(settings, name.text, &mut *rule, elsewhere)?;
    Ok(rule)
}

/// Applies settings; `elsewhere` explains a word that belongs to another part.
fn set_all(
    words: &[Token<'_>],
    of: &str,
    owner: &mut dyn Hyperparameters,
    elsewhere: &dyn Fn(&Token<'_>) -> Option<String>,
) -> Result<(), Located> {
    for word in words.iter().filter(|word| owner.get(word.name()).is_none()) {
        if let Some(why) = elsewhere(word) {
            return Err(word.recipe_error(why));
        }
    }
    for (word, name, value) in settings(words)? {
        owner.set_text(of, name, value).map_err(|error| match is_clip(name) {
            true => word.recipe_error(format!(
                "expected `true` or `false` for {of}'s own `{name}`, found `{value}`; to clip gradients, put a \
                 comma before `{}`",
                word.text
            )),
            false => word.error(error),
        })?;
    }
    Ok(())
}

/// Explanation of a word that is no setting of the part in which it was found, if it belongs to another.
fn belongs_elsewhere(word: &Token<'_>, wrappers: &[Box<dyn DynWrapper>], extras: &[&str]) -> Option<String> {
    let (name, text) = (word.name(), word.text);
    if let Some(wrapper) = wrappers.iter().find(|wrapper| wrapper.get(name).is_some()) {
        let of = wrapper.info().name;
        return Some(format!(
            "expected the setting `{name}` of {of} after its bracket, as in `{of}(…) {text}`"
        ));
    }
    let is_part = match word.setting() {
        Some(_) => is_clip(name) || extras.contains(&name) || name == NO_DECAY,
        None => [PLATEAU, MAXIMIZE].contains(&name) || schedules::by_name(name).is_ok(),
    };
    if is_part {
        return Some(format!("expected a comma before `{text}`"));
    }
    let is_warmup = name == LrSchedule::WARMUP.name;
    is_warmup.then(|| {
        format!(
            "expected `{name}` among the settings of a schedule, as in `, {} {text}`",
            LrSchedule::default()
        )
    })
}

/// State of the parser.
struct Reader<'a, 't> {
    spec: OptimizerSpec,
    schedule: Option<LrSchedule>,
    /// Parts `NAME: …` whose name may be a hyperparameter of a later group.
    hyper_schedules: Vec<&'a [Token<'t>]>,
    no_decay: Range<usize>,
    groups: Vec<Range<usize>>,
    extras: &'static [&'static str],
    found: Vec<ExtraPart<'t>>,
}

impl<'a, 't> Reader<'a, 't> {
    fn part(
        &mut self,
        part: &'a [Token<'t>],
        rest: &mut Peekable<impl Iterator<Item = &'a [Token<'t>]>>,
    ) -> Result<(), Located> {
        let (first, tail) = part.split_first().expect("no part is empty");
        let unique = |there: bool| match there {
            true => Err(first.recipe_error(format!("duplicate `{}`", first.name()))),
            false => Ok(()),
        };
        if tail.first().is_some_and(|token| token.kind == Kind::Colon) {
            return self.named(part);
        }
        let clip = clips::by_name(first.name()).ok();
        let extras = self.extras.iter().copied().find(|extras| *extras == first.name());
        match (first.name(), first.setting()) {
            (_, Some((_, value))) if let Some(clip) = clip => {
                self.set_clip(first, clip, value)?;
                alone(first, tail)
            }
            (_, Some((_, value))) if let Some(name) = extras => {
                unique(self.found.iter().any(|extras| extras.name == name))?;
                self.found.push(ExtraPart { name, value, range: first.range.clone() });
                alone(first, tail)
            }
            (NO_DECAY, Some((_, value))) => {
                unique(!self.spec.no_decay.is_empty())?;
                alone(first, tail)?;
                let at = first.range.end - value.len()..first.range.end;
                self.no_decay = first.range.clone();
                self.push_no_decay(&Token { kind: Kind::Word, text: value, range: at })?;
                while let Some([one]) = rest.peek().copied()
                    && selector(one).is_some()
                {
                    rest.next();
                    self.push_no_decay(one)?;
                }
                Ok(())
            }
            (PLATEAU, None) => {
                unique(self.spec.plateau.is_some())?;
                let mut settings = PlateauSettings::default();
                set_all(tail, PLATEAU, &mut settings, &|word| belongs_elsewhere(word, &[], self.extras))?;
                self.spec.plateau = Some(settings);
                Ok(())
            }
            (MAXIMIZE, None) => {
                unique(self.spec.maximize)?;
                self.spec.maximize = true;
                alone(first, tail)
            }
            (name, None) if schedules::by_name(name).is_ok() => self.set_schedule(part),
            _ => Err(self.unknown(first)),
        }
    }

    fn set_clip(&mut self, at: &Token<'t>, mut clip: Box<dyn DynClip>, limit: &str) -> Result<(), Located> {
        if let Some(other) = &self.spec.clip {
            let [name, other] = [clip.info().name, other.info().name];
            let why = match name == other {
                true => format!("duplicate `{name}`"),
                false => {
                    format!("`{name}=` conflicts with `{other}=`: gradients are clipped in one way")
                }
            };
            return Err(at.recipe_error(why));
        }
        clip.set_limit(limit).map_err(|error| at.error(error))?;
        self.spec.clip = Some(clip);
        Ok(())
    }

    /// Parses a part that begins with the name of a schedule.
    fn set_schedule(&mut self, part: &'a [Token<'t>]) -> Result<(), Located> {
        let (first, tail) = part.split_first().expect("no part is empty");
        if let Some(schedule) = &self.schedule {
            let why = format!(
                "`{name}` conflicts with the schedule `{0}`; multiply the two, as in `{0} * {name}`, or let \
                 one follow the other, as in `{0} until=50% then {name}`",
                schedule.to_string().split(' ').next().unwrap_or_default(),
                name = first.name()
            );
            return Err(first.recipe_error(why));
        }
        let schedule = LrSchedule::read(part).map_err(|error| self.in_schedule(error, tail))?;
        self.schedule = Some(schedule);
        Ok(())
    }

    fn push_no_decay(&mut self, token: &Token<'t>) -> Result<(), Located> {
        let of = selector(token).ok_or_else(|| no_selector(token))?;
        if self.spec.no_decay.contains(&of) {
            return Err(token.recipe_error(format!("duplicate `{of}`")));
        }
        self.spec.no_decay.push(of);
        Ok(())
    }

    /// Parses a part `NAME: …`: the schedule of a hyperparameter, or a group.
    fn named(&mut self, part: &'a [Token<'t>]) -> Result<(), Located> {
        let (name, value) = (&part[0], &part[2..]);
        let Some(first) = value.first() else {
            return Err(part[1].recipe_error(format!(
                "expected settings, an optimizer or a schedule after `{}:`",
                name.text
            )));
        };
        let of = match selector(name) {
            Some(of) if self.owner_of(name.text).is_none() => of,
            _ => {
                self.hyper_schedules.push(part);
                return Ok(());
            }
        };
        if self.spec.groups.iter().any(|group| group.selector == of) {
            return Err(name.recipe_error(format!("duplicate `{of}:`")));
        }
        let elsewhere = |word: &Token<'_>| belongs_elsewhere(word, &[], self.extras);
        let rule = if first.setting().is_some() {
            let mut rule = self.spec.rule.clone();
            set_all(value, rule.info().name, &mut *rule, &elsewhere)?;
            let values = value
                .iter()
                .map(|word| (word.name().to_string(), rule.get(word.name()).expect("it has just been set")));
            GroupRule::Settings(values.collect())
        } else if wrappers::by_name(first.text).is_ok() {
            let why = format!(
                "expected an optimizer without wrappers in a group; `{}` wraps the whole recipe",
                first.text
            );
            return Err(first.recipe_error(why));
        } else {
            GroupRule::Rule(read_rule(value, first.range.start, &elsewhere)?)
        };
        self.spec.groups.push(Group { selector: of, rule });
        self.groups.push(range_of(part));
        Ok(())
    }

    /// Name of the rule or wrapper with this hyperparameter.
    fn owner_of(&self, name: &str) -> Option<&'static str> {
        let OptimizerSpec { rule, wrappers, groups, .. } = &self.spec;
        let groups = groups.iter().filter_map(|group| match &group.rule {
            GroupRule::Rule(rule) => Some(rule),
            GroupRule::Settings(_) => None,
        });
        let rule = [rule].into_iter().chain(groups).find(|rule| rule.get(name).is_some());
        let wrapper = || wrappers.iter().find(|wrapper| wrapper.get(name).is_some());
        rule.map(|rule| rule.info().name).or_else(|| wrapper().map(|wrapper| wrapper.info().name))
    }

    /// Explanation of a part that begins with an unknown word.
    fn unknown(&self, first: &Token<'_>) -> Located {
        let (name, text, rule) = (first.name(), first.text, self.spec.rule.info().name);
        let setting = first.setting().is_some();
        if let Some(of) = self.owner_of(name).filter(|_| setting) {
            let example = if of == rule { format!("{of} {text}") } else { format!("{of}(…) {text}") };
            return first.recipe_error(format!(
                "expected the setting `{text}` of {of} without a comma before it, as in `{example}`"
            ));
        }
        let why = if setting && name == LrSchedule::WARMUP.name {
            format!(
                "expected `{text}` among the settings of a schedule, as in `{} {text}`",
                LrSchedule::default()
            )
        } else if setting && (schedules::by_name(name).is_ok() || [PLATEAU, MAXIMIZE].contains(&name)) {
            format!("expected `{name}` without a value")
        } else if !setting && (self.extras.contains(&name) || name == NO_DECAY || is_clip(name)) {
            format!(
                "expected a value for `{name}`, as in `{name}={}`",
                if name == NO_DECAY { "bias,norm" } else { "1" }
            )
        } else if rules::by_name(name).is_ok() {
            format!(
                "`{name}` conflicts with the optimizer `{rule}`; a group can have another one, as in \
                 `embedding: {name}`"
            )
        } else if wrappers::by_name(name).is_ok() {
            format!("expected the wrapper `{name}` around the optimizer, as in `{name}({rule})`")
        } else if text.parse::<f64>().is_ok() {
            "expected a part of a recipe, found a number; decimals have a point, as in `lr=0.1`".to_string()
        } else if selector(first).is_some() {
            format!("expected a colon after these parameters, as in `{text}: lr=0.01`")
        } else {
            let clips = clips::all();
            let clips = clips.iter().map(|clip| clip.info().name);
            let hyper_schedules = schedules::all();
            let known = hyper_schedules.iter().map(|schedule| schedule.info().name);
            let known =
                known.chain([PLATEAU, MAXIMIZE, NO_DECAY]).chain(clips).chain(self.extras.iter().copied());
            return first.error(Error::unknown("schedule or other part", name, known));
        };
        first.recipe_error(why)
    }

    /// Explains an error among the settings of a schedule, some of which may belong to another part.
    fn in_schedule(&self, error: Located, words: &[Token<'_>]) -> Located {
        let word = words.iter().find(|word| word.range.start == error.range.start);
        let (Some(word), Error::Unknown { .. } | Error::Syntax { .. }) = (word, &*error.error) else {
            return error;
        };
        if schedules::by_name(word.text).is_ok() {
            let text = word.text;
            let why = format!(
                "expected `*` or `then` between two schedules, as in `* {text}` or `until=50% then {text}`"
            );
            return word.recipe_error(why);
        }
        match belongs_elsewhere(word, &[], self.extras) {
            _ if word.name() == LrSchedule::WARMUP.name => error,
            Some(why) => word.recipe_error(why),
            None if word.setting().is_some() && self.owner_of(word.name()).is_some() => self.unknown(word),
            None => error,
        }
    }

    /// Completes the recipe after its last part; `head` is the first.
    fn finish(mut self, head: &[Token<'_>]) -> Result<(OptimizerSpec, Vec<ExtraPart<'t>>), Located> {
        self.spec.schedule = self.schedule.take().unwrap_or_default();
        for part in std::mem::take(&mut self.hyper_schedules) {
            self.schedule(part)?;
        }
        let spec = self.spec;
        let at = |range: Range<usize>| move |error| Located::new(range, error);
        spec.rule_of(None).and_then(|rule| rule.validate()).map_err(at(range_of(head)))?;
        for (group, place) in spec.groups.iter().zip(self.groups) {
            spec.rule_of(Some(group)).and_then(|rule| rule.validate()).map_err(at(place))?;
        }
        let no_decay = |rules: Vec<Box<dyn DynRule>>| spec.validate_no_decay(&rules);
        spec.rules().and_then(no_decay).map_err(at(self.no_decay))?;
        spec.validate().map_err(at(range_of(head)))?;
        Ok((spec, self.found))
    }

    /// Parses a part `HYPERPARAMETER: …`.
    fn schedule(&mut self, part: &[Token<'_>]) -> Result<(), Located> {
        let (name, words) = (&part[0], &part[2..]);
        if self.owner_of(name.text).is_none() {
            let OptimizerSpec { rule, wrappers, .. } = &self.spec;
            let hypers = wrappers.iter().flat_map(|wrapper| wrapper.hypers()).chain(rule.hypers());
            let known = hypers.map(|hyper| hyper.name).chain(Selector::ROLES.map(|(role, _)| role));
            let kind = "hyperparameter, role or name pattern";
            return Err(name.error(Error::unknown(kind, name.text, known)));
        }
        if self.spec.hyper_schedules.iter().any(|(other, _)| other == name.text) {
            return Err(name.recipe_error(format!("duplicate `{}:`", name.text)));
        }
        let schedule = read_course(name.text, words)?;
        self.spec.hyper_schedules.push((name.text.to_string(), schedule));
        self.spec.validate_hyper_schedule(name.text).map_err(|error| Located::new(range_of(part), error))
    }
}

/// Parses the schedule of a hyperparameter.
fn read_course(name: &str, words: &[Token<'_>]) -> Result<HyperSchedule, Located> {
    let is_way = |word: &&Token<'_>| word.setting().is_none() && word.text.contains("..");
    let Some(first) = words.first() else { return LrSchedule::read(words).map(HyperSchedule::Factor) };
    let Some(way) = words.iter().find(is_way) else {
        if first.text.parse::<f64>().is_ok() {
            let x = first.text;
            let why = format!(
                "expected a schedule after `{name}:`, as in `{name}: linear {x}..0.5`; a constant is a setting, \
                 as in `{name}={x}`"
            );
            return Err(first.recipe_error(why));
        }
        return Ok(HyperSchedule::Factor(LrSchedule::read(words)?));
    };
    let ends = way.text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let Some((from, to)) = ends else {
        let expected = "two numbers, as in `0.85..0.95`".to_string();
        return Err(way.error(Error::Syntax { text: way.text.to_string(), expected }));
    };
    if std::ptr::eq(first, way) {
        return Err(way.recipe_error(format!(
            "expected a schedule before the two values, as in `linear {}`",
            way.text
        )));
    }
    let only = |word: &&Token<'_>| {
        ["*", "then"].contains(&word.text)
            || word.name() == LrSchedule::WARMUP.name
            || is_way(word) && !std::ptr::eq(*word, way)
    };
    if let Some(word) = words.iter().find(only) {
        let why = "expected one schedule between two values, without warm-up, `*` and `then`";
        return Err(word.recipe_error(why));
    }
    let mut schedule = schedules::by_name(first.text).map_err(|error| first.error(error))?;
    let rest: Vec<Token<'_>> = words[1..].iter().filter(|word| !std::ptr::eq(*word, way)).cloned().collect();
    let of = schedule.info().name;
    set_all(&rest, of, &mut *schedule, &|_| None)?;
    schedule.check().map_err(|error| Located::new(range_of(words), error))?;
    Ok(HyperSchedule::Between(schedule, from, to))
}

/// Parses a selection of parameters; `None` for any other text.
fn selector(token: &Token<'_>) -> Option<Selector> {
    let text = token.text;
    if let Some(name) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return (!name.is_empty() && !name.contains('"')).then(|| Selector::Name(name.to_string()));
    }
    match Selector::from(text) {
        Selector::Name(name) if token.kind != Kind::Word || !is_pattern(&name) => None,
        of => Some(of),
    }
}

/// Tells whether a name is printed without quotes.
pub(super) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '.']) && !name.contains(|c: char| c.is_whitespace() || "\"=,:()".contains(c))
}

fn no_selector(token: &Token<'_>) -> Located {
    let known = Selector::ROLES.map(|(role, _)| role);
    match Error::unknown("role", token.text, known) {
        Error::Unknown { kind, name, nearest: None, .. } if !name.is_empty() => {
            let kind = kind + " or name pattern";
            let known = known.map(String::from).into_iter().chain(["names with `*` or `.`".into()]);
            let known = known.chain([format!("any name in quotes: \"{name}\"")]).collect();
            token.error(Error::Unknown { kind, name, nearest: None, known })
        }
        error => token.error(error),
    }
}

/// Tells whether this is a way of clipping.
fn is_clip(name: &str) -> bool {
    clips::by_name(name).is_ok()
}

/// Checks that a part is one word.
fn alone(first: &Token<'_>, tail: &[Token<'_>]) -> Result<(), Located> {
    match tail.first() {
        None => Ok(()),
        Some(extra) => Err(extra.recipe_error(format!("expected a comma after `{}`", first.text))),
    }
}

/// Parts that are in no registry.
pub(super) const PLATEAU: &str = PlateauSettings::INFO.name;
const PARTS: [&str; 3] = [PLATEAU, MAXIMIZE, NO_DECAY];
