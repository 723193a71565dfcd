//! The spelling of a method: printed and parsed.
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

use std::fmt;
use std::iter::Peekable;
use std::ops::Range;
use std::str::FromStr;

use crate::clip::Clip;
use crate::error::Error;
use crate::hyper::{Hyperparameters, Value};
use crate::recipe::tokens::{Kind, Mistake, Token, place, settings, tokens};
use crate::recipe::{Group, GroupRule, HyperCourse, OptimizerSpec, Selector};
use crate::rule::Rule;
use crate::rule::Wrapper;
use crate::schedule::LrSchedule;
use crate::schedule::PlateauSettings;
use crate::{rules, schedules, wrappers};

impl fmt::Display for OptimizerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OptimizerSpec { rule, wrappers, schedule, plateau, courses, clip, no_decay, groups, maximize } =
            self;
        for wrapper in wrappers {
            write!(f, "{}(", wrapper.info().name)?;
        }
        write!(f, "{rule}")?;
        for wrapper in wrappers.iter().rev() {
            f.write_str(")")?;
            (&**wrapper as &dyn Hyperparameters).print(f, "")?;
        }
        if *schedule != LrSchedule::default() {
            write!(f, ", {schedule}")?;
        }
        if let Some(settings) = plateau {
            f.write_str(", plateau")?;
            (settings as &dyn Hyperparameters).print(f, "")?;
        }
        for (name, course) in courses {
            write!(f, ", {name}: {course}")?;
        }
        if let Some((name, value)) = clip.map(Clip::parts) {
            write!(f, ", {name}={}", Value::Number(value))?;
        }
        if !no_decay.is_empty() {
            let names: Vec<String> = no_decay.iter().map(ToString::to_string).collect();
            write!(f, ", no_decay={}", names.join(","))?;
        }
        for group in groups {
            write!(f, ", {}:", group.of)?;
            match &group.is {
                GroupRule::Rule(rule) => write!(f, " {rule}")?,
                GroupRule::Settings(settings) => {
                    settings.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))?;
                }
            }
        }
        if *maximize {
            f.write_str(", maximize")?;
        }
        Ok(())
    }
}

impl fmt::Display for HyperCourse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HyperCourse::Factor(schedule) => write!(f, "{schedule}"),
            HyperCourse::Between(course, from, to) => {
                write!(f, "{course} {}..{}", Value::Number(*from), Value::Number(*to))
            }
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Role(role) => f.write_str(
                Selector::ROLES.iter().find(|(_, known)| known == role).expect("all are listed").0,
            ),
            Selector::Name(name) if is_pattern(name) => f.write_str(name),
            Selector::Name(name) => write!(f, "\"{name}\""),
        }
    }
}

impl FromStr for OptimizerSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<OptimizerSpec, Error> {
        OptimizerSpec::parse_beside(text, &[]).map(|(method, _)| method)
    }
}

impl FromStr for HyperCourse {
    type Err = Error;

    fn from_str(text: &str) -> Result<HyperCourse, Error> {
        tokens(text).and_then(|words| read_course("NAME", &words)).map_err(|mistake| mistake.of(text))
    }
}

/// A part of a recipe that is not the method's: `batch=64`.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnPart<'t> {
    /// What stands before `=`.
    pub name: &'static str,
    /// What stands behind.
    pub value: &'t str,
    /// The bytes of the text that it is.
    pub place: Range<usize>,
}

impl OptimizerSpec {
    /// Reads a method between whose parts stand others that the caller knows, of these names.
    ///
    /// ```
    /// let (method, own) = optim::OptimizerSpec::parse_beside("adam, batch=64, cosine", &["batch"])?;
    /// assert_eq!(method.to_string(), "adam lr=0.001, cosine");
    /// assert_eq!((own[0].name, own[0].value, own[0].place.clone()), ("batch", "64", 6..14));
    /// # Ok::<(), optim::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the text is no method, or one that cannot be used; the error shows the place.
    pub fn parse_beside<'t>(
        text: &'t str,
        own: &'static [&'static str],
    ) -> Result<(OptimizerSpec, Vec<OwnPart<'t>>), Error> {
        read(text, own).map_err(|mistake| mistake.of(text))
    }
}

/// Reads a rule with its settings.
pub(crate) fn rule(text: &str) -> Result<Box<dyn Rule>, Error> {
    let read = || {
        let words = tokens(text)?;
        let rule = read_rule(&words, 0, &|_| None)?;
        rule.validate().map_err(|error| Mistake::new(place(&words), error))?;
        Ok(rule)
    };
    read().map_err(|mistake: Mistake| *mistake.error)
}

fn read<'t>(
    text: &'t str,
    own: &'static [&'static str],
) -> Result<(OptimizerSpec, Vec<OwnPart<'t>>), Mistake> {
    let tokens = tokens(text)?;
    let mut parts = parts(&tokens)?.into_iter().peekable();
    let head = parts.next().unwrap_or_default();
    let mut reader = Reader {
        method: read_head(head, own)?,
        schedule: None,
        courses: vec![],
        no_decay: 0..0,
        groups: vec![],
        own,
        found: vec![],
    };
    while let Some(part) = parts.next() {
        reader.part(part, &mut parts)?;
    }
    reader.finish(head)
}

/// The tokens between commas.
fn parts<'a, 't>(tokens: &'a [Token<'t>]) -> Result<Vec<&'a [Token<'t>]>, Mistake> {
    let (mut open, mut inside): (Vec<&Token<'_>>, Option<&Token<'_>>) = (vec![], None);
    for token in tokens {
        match token.kind {
            Kind::Open => open.push(token),
            Kind::Close if open.pop().is_none() => {
                return Err(token.misplaced("this bracket was not opened"));
            }
            Kind::Comma if !open.is_empty() => inside = inside.or(Some(token)),
            _ => {}
        }
    }
    if let Some(open) = open.pop() {
        return Err(open.misplaced("this bracket is not closed"));
    }
    if let Some(comma) = inside {
        let why = "brackets hold an optimizer alone; what follows a comma stands behind them, as in \
                   `sam(adam), cosine`";
        return Err(comma.misplaced(why));
    }
    let parts: Vec<&[Token<'_>]> = tokens.split(|token| token.kind == Kind::Comma).collect();
    let mut commas = tokens.iter().filter(|token| token.kind == Kind::Comma);
    for (part, comma) in parts[1..].iter().zip(&mut commas) {
        if part.is_empty() {
            return Err(comma.misplaced("nothing stands behind this comma"));
        }
    }
    Ok(parts)
}

/// The rule inside its wrappers.
fn read_head(tokens: &[Token<'_>], own: &[&'static str]) -> Result<OptimizerSpec, Mistake> {
    let mut rest = tokens;
    let mut wrappers: Vec<Box<dyn Wrapper>> = vec![];
    while let [name, open, inside @ ..] = rest
        && open.kind == Kind::Open
    {
        wrappers.push(wrapper(name)?);
        if wrappers.len() > OptimizerSpec::MOST_WRAPPERS {
            return Err(name.misplaced(format!(
                "at most {} wrappers stand in each other",
                OptimizerSpec::MOST_WRAPPERS
            )));
        }
        rest = inside;
    }
    let upto = |rest: &[Token<'_>]| rest.iter().position(|token| token.kind == Kind::Close);
    let (words, mut rest) = rest.split_at(upto(rest).unwrap_or(rest.len()));
    let elsewhere = |word: &Token<'_>| belongs_elsewhere(word, &wrappers, own);
    let start = words.first().or(rest.first()).map_or(0, |token| token.place.start);
    let mut method = OptimizerSpec::new(read_rule(words, start, &elsewhere)?);

    let around = wrappers.clone();
    for wrapper in wrappers.iter_mut().rev() {
        // Brackets are in pairs, but the head may go on behind the last.
        let Some((_, behind)) = rest.split_first() else { break };
        let (words, after) = behind.split_at(upto(behind).unwrap_or(behind.len()));
        let name = wrapper.info().name;
        set_all(words, name, &mut **wrapper, &|word| belongs_elsewhere(word, &around, own))?;
        wrapper.validate().map_err(|error| Mistake::new(place(words), error))?;
        rest = after;
    }
    if let Some(extra) = rest.first() {
        return Err(extra.misplaced("a comma parts what follows from the optimizer"));
    }
    method.wrappers = wrappers;
    Ok(method)
}

fn wrapper(name: &Token<'_>) -> Result<Box<dyn Wrapper>, Mistake> {
    wrappers::by_name(name.text).map_err(|unknown| match rules::by_name(name.text) {
        Ok(_) => {
            let of = name.text;
            name.misplaced(format!("settings of {of} stand behind its name without brackets: `{of} lr=0.1`"))
        }
        Err(_) => name.wrong(unknown),
    })
}

/// A rule with its settings; where there is none, the place is `start`.
fn read_rule(
    words: &[Token<'_>],
    start: usize,
    elsewhere: &dyn Fn(&Token<'_>) -> Option<String>,
) -> Result<Box<dyn Rule>, Mistake> {
    let nothing = Token { kind: Kind::Word, text: "", place: start..start };
    let (name, settings) = words.split_first().unwrap_or((&nothing, &[]));
    let mut rule = rules::by_name(name.text).map_err(|unknown| {
        let (text, begins) = (name.text, "it begins with an optimizer, as in `adam lr=0.01, cosine`");
        if wrappers::by_name(text).is_ok() {
            return name.misplaced(format!("`{text}` stands around an optimizer, as in `{text}(adam)`"));
        }
        let misplaced = name.setting().is_some() || PARTS.contains(&text) || schedules::by_name(text).is_ok();
        if misplaced || text.is_empty() { name.misplaced(begins) } else { name.wrong(unknown) }
    })?;
    set_all(settings, name.text, &mut *rule, elsewhere)?;
    Ok(rule)
}

/// Sets what the words say; `elsewhere` knows where a word belongs that does not belong here.
fn set_all(
    words: &[Token<'_>],
    of: &str,
    owner: &mut dyn Hyperparameters,
    elsewhere: &dyn Fn(&Token<'_>) -> Option<String>,
) -> Result<(), Mistake> {
    for word in words.iter().filter(|word| owner.get(word.name()).is_none()) {
        if let Some(why) = elsewhere(word) {
            return Err(word.misplaced(why));
        }
    }
    for (word, name, value) in settings(words)? {
        owner.set_text(of, name, value).map_err(|error| match Clip::ALL.iter().any(|(clip, _)| *clip == name) {
            true => word.misplaced(format!(
                "expected `true` or `false` for {of}'s own `{name}`, found `{value}`; to clip gradients, put a \
                 comma before `{}`",
                word.text
            )),
            false => word.wrong(error),
        })?;
    }
    Ok(())
}

/// Where a word belongs that stands among the settings of something that has no such setting.
fn belongs_elsewhere(word: &Token<'_>, wrappers: &[Box<dyn Wrapper>], own: &[&str]) -> Option<String> {
    let (name, text) = (word.name(), word.text);
    if let Some(wrapper) = wrappers.iter().find(|wrapper| wrapper.get(name).is_some()) {
        let of = wrapper.info().name;
        return Some(format!(
            "`{name}` is a setting of {of} and stands behind its bracket: `{of}(…) {text}`"
        ));
    }
    let is_part = match word.setting() {
        Some(_) => Clip::ALL.iter().any(|(clip, _)| *clip == name) || own.contains(&name) || name == NO_DECAY,
        None => [PLATEAU, MAXIMIZE].contains(&name) || schedules::by_name(name).is_ok(),
    };
    if is_part {
        return Some(format!("a comma belongs before `{text}`"));
    }
    let is_warmup = name == LrSchedule::WARMUP.name;
    is_warmup.then(|| format!("a schedule warms up, behind a comma: `constant {text}`"))
}

/// What has been read so far.
struct Reader<'a, 't> {
    method: OptimizerSpec,
    schedule: Option<LrSchedule>,
    /// Parts `NAME: …` whose name may be that of a hyperparameter of a group that is still to come.
    courses: Vec<&'a [Token<'t>]>,
    no_decay: Range<usize>,
    groups: Vec<Range<usize>>,
    own: &'static [&'static str],
    found: Vec<OwnPart<'t>>,
}

impl<'a, 't> Reader<'a, 't> {
    fn part(
        &mut self,
        part: &'a [Token<'t>],
        rest: &mut Peekable<impl Iterator<Item = &'a [Token<'t>]>>,
    ) -> Result<(), Mistake> {
        let (first, behind) = part.split_first().expect("no part is empty");
        let twice = |there: bool| match there {
            true => Err(first.misplaced(format!("`{}` is there twice", first.name()))),
            false => Ok(()),
        };
        if behind.first().is_some_and(|token| token.kind == Kind::Colon) {
            return self.named(part);
        }
        let clip = Clip::ALL.into_iter().find(|(name, _)| *name == first.name());
        let own = self.own.iter().copied().find(|own| *own == first.name());
        match (first.name(), first.setting()) {
            (name, Some((_, value))) if let Some((_, make)) = clip => {
                if let Some((other, _)) = self.method.clip.map(Clip::parts) {
                    let why = format!("gradients are clipped in one way, and `{other}=` is there already");
                    return Err(first.misplaced(why));
                }
                let clip = make(value.parse().unwrap_or(f64::NAN));
                clip.validate().map_err(|error| match error {
                    Error::OutOfRange { of, allowed, .. } => {
                        let (name, value) = (name.to_string(), value.to_string());
                        first.wrong(Error::OutOfRange { of, name, value, allowed })
                    }
                    other => first.wrong(other),
                })?;
                self.method.clip = Some(clip);
                alone(first, behind)
            }
            (_, Some((_, value))) if let Some(name) = own => {
                twice(self.found.iter().any(|own| own.name == name))?;
                self.found.push(OwnPart { name, value, place: first.place.clone() });
                alone(first, behind)
            }
            (NO_DECAY, Some((_, value))) => {
                twice(!self.method.no_decay.is_empty())?;
                alone(first, behind)?;
                let at = first.place.end - value.len()..first.place.end;
                self.no_decay = first.place.clone();
                self.push_no_decay(&Token { kind: Kind::Word, text: value, place: at })?;
                while let Some([one]) = rest.peek().copied()
                    && selector(one).is_some()
                {
                    rest.next();
                    self.push_no_decay(one)?;
                }
                Ok(())
            }
            (PLATEAU, None) => {
                twice(self.method.plateau.is_some())?;
                let mut settings = PlateauSettings::default();
                set_all(behind, PLATEAU, &mut settings, &|word| belongs_elsewhere(word, &[], self.own))?;
                self.method.plateau = Some(settings);
                Ok(())
            }
            (MAXIMIZE, None) => {
                twice(self.method.maximize)?;
                self.method.maximize = true;
                alone(first, behind)
            }
            (name, None) if schedules::by_name(name).is_ok() => {
                if let Some(schedule) = &self.schedule {
                    let why = format!(
                        "there is a schedule already; multiply the two, as in `cosine * step`, or let one follow \
                         the other, as in `{} until=50% then {name}`",
                        schedule.to_string().split(' ').next().unwrap_or_default()
                    );
                    return Err(first.misplaced(why));
                }
                let schedule = LrSchedule::read(part).map_err(|mistake| self.in_schedule(mistake, behind))?;
                self.schedule = Some(schedule);
                Ok(())
            }
            _ => Err(self.unknown(first)),
        }
    }

    fn push_no_decay(&mut self, token: &Token<'t>) -> Result<(), Mistake> {
        let of = selector(token).ok_or_else(|| no_selector(token))?;
        if self.method.no_decay.contains(&of) {
            return Err(token.misplaced(format!("`{of}` is there twice")));
        }
        self.method.no_decay.push(of);
        Ok(())
    }

    /// A part `NAME: …`: the course of a hyperparameter, or a group.
    fn named(&mut self, part: &'a [Token<'t>]) -> Result<(), Mistake> {
        let (name, value) = (&part[0], &part[2..]);
        let Some(first) = value.first() else {
            return Err(part[1].misplaced(format!("nothing stands behind `{}:`", name.text)));
        };
        let of = match selector(name) {
            Some(of) if self.has_hyperparameter(name.text).is_none() => of,
            _ => {
                self.courses.push(part);
                return Ok(());
            }
        };
        if self.method.groups.iter().any(|group| group.of == of) {
            return Err(name.misplaced(format!("`{of}:` is there twice")));
        }
        let elsewhere = |word: &Token<'_>| belongs_elsewhere(word, &[], self.own);
        let is = if first.setting().is_some() {
            let mut rule = self.method.rule.clone();
            set_all(value, rule.info().name, &mut *rule, &elsewhere)?;
            let values = value
                .iter()
                .map(|word| (word.name().to_string(), rule.get(word.name()).expect("it has just been set")));
            GroupRule::Settings(values.collect())
        } else if wrappers::by_name(first.text).is_ok() {
            let why =
                format!("`{}` stands around the whole method, not around a group's optimizer", first.text);
            return Err(first.misplaced(why));
        } else {
            GroupRule::Rule(read_rule(value, first.place.start, &elsewhere)?)
        };
        self.method.groups.push(Group { of, is });
        self.groups.push(place(part));
        Ok(())
    }

    /// Whose hyperparameter it is.
    fn has_hyperparameter(&self, name: &str) -> Option<&'static str> {
        let OptimizerSpec { rule, wrappers, groups, .. } = &self.method;
        let groups = groups.iter().filter_map(|group| match &group.is {
            GroupRule::Rule(rule) => Some(rule),
            GroupRule::Settings(_) => None,
        });
        let rule = [rule].into_iter().chain(groups).find(|rule| rule.get(name).is_some());
        let wrapper = || wrappers.iter().find(|wrapper| wrapper.get(name).is_some());
        rule.map(|rule| rule.info().name).or_else(|| wrapper().map(|wrapper| wrapper.info().name))
    }

    /// A part that begins with this and is none.
    fn unknown(&self, first: &Token<'_>) -> Mistake {
        let (name, text, rule) = (first.name(), first.text, self.method.rule.info().name);
        let setting = first.setting().is_some();
        if let Some(of) = self.has_hyperparameter(name).filter(|_| setting) {
            let behind = if of == rule { format!("{of} {text}") } else { format!("{of}(…) {text}") };
            return first.misplaced(format!(
                "`{text}` is a setting of {of} and follows it without a comma: `{behind}`"
            ));
        }
        let why = if setting && name == LrSchedule::WARMUP.name {
            format!("`{text}` is a setting of a schedule, as in `constant {text}`")
        } else if setting && (schedules::by_name(name).is_ok() || [PLATEAU, MAXIMIZE].contains(&name)) {
            format!("`{name}` takes no value")
        } else if !setting
            && (self.own.contains(&name) || name == NO_DECAY || Clip::ALL.iter().any(|c| c.0 == name))
        {
            format!(
                "a value belongs to `{name}`, as in `{name}={}`",
                if name == NO_DECAY { "bias,norm" } else { "1" }
            )
        } else if rules::by_name(name).is_ok() {
            format!(
                "there is an optimizer already; some parameters can have their own, as in `embedding: {name}`"
            )
        } else if wrappers::by_name(name).is_ok() {
            format!("`{name}` stands around the optimizer: `{name}({rule})`")
        } else if text.parse::<f64>().is_ok() {
            "a number alone is no part; decimals have a point, as in `lr=0.1`".to_string()
        } else if selector(first).is_some() {
            format!("what these parameters have of their own stands behind a colon, as in `{text}: lr=0.01`")
        } else {
            let clips = Clip::ALL.iter().map(|(name, _)| *name);
            let courses = schedules::all();
            let known = courses.iter().map(|course| course.info().name);
            let known =
                known.chain([PLATEAU, MAXIMIZE, NO_DECAY]).chain(clips).chain(self.own.iter().copied());
            return first.wrong(Error::unknown("schedule or other part", name, known));
        };
        first.misplaced(why)
    }

    /// A mistake among the words behind a schedule's name: some of them belong elsewhere.
    fn in_schedule(&self, mistake: Mistake, words: &[Token<'_>]) -> Mistake {
        let word = words.iter().find(|word| word.place.start == mistake.place.start);
        let (Some(word), Error::Unknown { .. } | Error::Syntax { .. }) = (word, &*mistake.error) else {
            return mistake;
        };
        if schedules::by_name(word.text).is_ok() {
            let text = word.text;
            let why = format!(
                "another schedule is multiplied, as in `* {text}`, or follows: `until=50% then {text}`"
            );
            return word.misplaced(why);
        }
        match belongs_elsewhere(word, &[], self.own) {
            _ if word.name() == LrSchedule::WARMUP.name => mistake,
            Some(why) => word.misplaced(why),
            None if word.setting().is_some() && self.has_hyperparameter(word.name()).is_some() => {
                self.unknown(word)
            }
            None => mistake,
        }
    }

    /// The method, when all parts have been read; `head` is the first.
    fn finish(mut self, head: &[Token<'_>]) -> Result<(OptimizerSpec, Vec<OwnPart<'t>>), Mistake> {
        self.method.schedule = self.schedule.take().unwrap_or_default();
        for part in std::mem::take(&mut self.courses) {
            self.course(part)?;
        }
        let method = self.method;
        let at = |place: Range<usize>| move |error| Mistake::new(place, error);
        method.rule_of(None).and_then(|rule| rule.validate()).map_err(at(place(head)))?;
        for (group, place) in method.groups.iter().zip(self.groups) {
            method.rule_of(Some(group)).and_then(|rule| rule.validate()).map_err(at(place))?;
        }
        let no_decay = |rules: Vec<Box<dyn Rule>>| method.validate_no_decay(&rules);
        method.rules().and_then(no_decay).map_err(at(self.no_decay))?;
        method.validate().map_err(at(place(head)))?;
        Ok((method, self.found))
    }

    /// A part `HYPERPARAMETER: …`.
    fn course(&mut self, part: &[Token<'_>]) -> Result<(), Mistake> {
        let (name, words) = (&part[0], &part[2..]);
        if self.has_hyperparameter(name.text).is_none() {
            let OptimizerSpec { rule, wrappers, .. } = &self.method;
            let hypers = wrappers.iter().flat_map(|wrapper| wrapper.hypers()).chain(rule.hypers());
            let known = hypers.map(|hyper| hyper.name).chain(Selector::ROLES.map(|(role, _)| role));
            let kind = "hyperparameter, role or name pattern";
            return Err(name.wrong(Error::unknown(kind, name.text, known)));
        }
        if self.method.courses.iter().any(|(other, _)| other == name.text) {
            return Err(name.misplaced(format!("`{}:` is there twice", name.text)));
        }
        let course = read_course(name.text, words)?;
        self.method.courses.push((name.text.to_string(), course));
        self.method.validate_course(name.text).map_err(|error| Mistake::new(place(part), error))
    }
}

/// How a hyperparameter of this name changes.
fn read_course(name: &str, words: &[Token<'_>]) -> Result<HyperCourse, Mistake> {
    let is_way = |word: &&Token<'_>| word.setting().is_none() && word.text.contains("..");
    let Some(first) = words.first() else { return LrSchedule::read(words).map(HyperCourse::Factor) };
    let Some(way) = words.iter().find(is_way) else {
        if first.text.parse::<f64>().is_ok() {
            let (x, why) = (first.text, "what stands behind a colon is how it changes");
            let why = format!(
                "{why}, as in `{name}: linear {x}..0.5`; to stay at {x} it is a setting: `{name}={x}`"
            );
            return Err(first.misplaced(why));
        }
        return Ok(HyperCourse::Factor(LrSchedule::read(words)?));
    };
    let ends = way.text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let Some((from, to)) = ends else {
        let expected = "from one number to another is written 0.85..0.95".to_string();
        return Err(way.wrong(Error::Syntax { text: way.text.to_string(), expected }));
    };
    if std::ptr::eq(first, way) {
        return Err(way.misplaced(format!(
            "the course from one to the other stands before, as in `linear {}`",
            way.text
        )));
    }
    let only = |word: &&Token<'_>| {
        ["*", "then"].contains(&word.text)
            || word.name() == LrSchedule::WARMUP.name
            || is_way(word) && !std::ptr::eq(*word, way)
    };
    if let Some(word) = words.iter().find(only) {
        let why = "from one value to another leads one course, without warm-up, `*` and `then`";
        return Err(word.misplaced(why));
    }
    let mut course = schedules::by_name(first.text).map_err(|error| first.wrong(error))?;
    let rest: Vec<Token<'_>> = words[1..].iter().filter(|word| !std::ptr::eq(*word, way)).cloned().collect();
    let of = course.info().name;
    set_all(&rest, of, &mut *course, &|_| None)?;
    course.check().map_err(|error| Mistake::new(place(words), error))?;
    Ok(HyperCourse::Between(course, from, to))
}

/// Some of a model's parameters; `None` for text that is something else.
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

/// Whether a name is seen to be one without quotes.
fn is_pattern(name: &str) -> bool {
    name.contains(['*', '.']) && !name.contains(|c: char| c.is_whitespace() || "\"=,:()".contains(c))
}

fn no_selector(token: &Token<'_>) -> Mistake {
    let known = Selector::ROLES.map(|(role, _)| role);
    match Error::unknown("role", token.text, known) {
        Error::Unknown { kind, name, nearest: None, .. } if !name.is_empty() => {
            let kind = kind + " or name pattern";
            let known = known.map(String::from).into_iter().chain(["names with `*` or `.`".into()]);
            let known = known.chain([format!("any name in quotes: \"{name}\"")]).collect();
            token.wrong(Error::Unknown { kind, name, nearest: None, known })
        }
        error => token.wrong(error),
    }
}

/// Whether nothing stands behind a part that is one word.
fn alone(first: &Token<'_>, behind: &[Token<'_>]) -> Result<(), Mistake> {
    match behind.first() {
        None => Ok(()),
        Some(extra) => Err(extra.misplaced(format!("a comma parts `{}` from what follows", first.text))),
    }
}

/// The parts of one word or with settings, beside schedules and clipping.
const PLATEAU: &str = "plateau";
const MAXIMIZE: &str = "maximize";
const NO_DECAY: &str = "no_decay";
const PARTS: [&str; 3] = [PLATEAU, MAXIMIZE, NO_DECAY];
