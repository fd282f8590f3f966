//! What an operator may set: declared with kind, default and range, and read back typed. A bad value is refused by key, when
//! it is set and not when it is used.

use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;

use sealed::Value;

/// A handle to a declared setting, which remembers the type of its value.
#[derive(Debug)]
pub struct Setting<T> {
    index: usize,
    key: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Setting<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Setting<T> {}

impl<T> Setting<T> {
    pub(crate) fn new(index: usize, key: &'static str) -> Self {
        Self { index, key, of: PhantomData }
    }

    /// Refuses the value given for it.
    pub fn refuse(self, why: impl Into<String>) -> SettingError {
        SettingError { key: self.key.to_owned(), why: why.into() }
    }
}

/// Why a value was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The setting's key.
    pub key: String,
    /// What is wrong with its value.
    pub why: String,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.why)
    }
}

impl std::error::Error for SettingError {}

/// Kind, default and range of a declared setting.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Integer(i64, RangeInclusive<i64>),
    Number(f64, RangeInclusive<f64>),
    Flag(bool),
    Text(&'static str),
}

impl Kind {
    fn default(&self) -> Value {
        match self {
            Self::Integer(default, _) => Value::Integer(*default),
            Self::Number(default, _) => Value::Number(*default),
            Self::Flag(default) => Value::Flag(*default),
            Self::Text(default) => Value::Text((*default).to_owned()),
        }
    }

    fn parse(&self, text: &str) -> Result<Value, String> {
        match self {
            Self::Integer(_, range) => match text.parse() {
                Ok(n) if range.contains(&n) => Ok(Value::Integer(n)),
                _ => Err(format!("must be a whole number from {} to {}, not {text:?}", range.start(), range.end())),
            },
            Self::Number(_, range) => match text.parse() {
                Ok(n) if range.contains(&n) => Ok(Value::Number(n)),
                _ => Err(format!("must be a number from {} to {}, not {text:?}", range.start(), range.end())),
            },
            Self::Flag(_) => text.parse().map(Value::Flag).map_err(|_| format!("must be true or false, not {text:?}")),
            Self::Text(_) => Ok(Value::Text(text.to_owned())),
        }
    }
}

/// The values in force: what the operator set, and defaults for the rest.
#[derive(Debug, Clone)]
pub struct Given {
    values: Vec<Value>,
}

impl Given {
    /// Checks what was set against what is declared; an unknown key, a wrong kind and a value out of range are refused.
    pub(crate) fn new<'a>(
        declared: &[(&'static str, Kind)],
        set: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SettingError> {
        let mut values: Vec<_> = declared.iter().map(|(_, kind)| kind.default()).collect();
        for (key, text) in set {
            let refuse = |why| SettingError { key: key.to_owned(), why };
            let index = declared.iter().position(|(known, _)| *known == key);
            let index = index.ok_or_else(|| refuse("is not a setting of these rules".to_owned()))?;
            values[index] = declared[index].1.parse(text).map_err(refuse)?;
        }
        Ok(Self { values })
    }

    /// The value in force.
    pub fn get<T: SettingValue>(&self, setting: Setting<T>) -> T {
        T::of(self.values.get(setting.index))
    }
}

mod sealed {
    #[derive(Debug, Clone)]
    pub enum Value {
        Integer(i64),
        Number(f64),
        Flag(bool),
        Text(String),
    }

    pub trait Sealed {
        fn of(value: Option<&Value>) -> Self;
    }
}

/// Types that settings come in: `i64`, `f64`, `bool`, `String`.
pub trait SettingValue: sealed::Sealed {}

macro_rules! values {
    ($($type:ty => $variant:ident),+) => {
        $(impl SettingValue for $type {}
        impl sealed::Sealed for $type {
            fn of(value: Option<&Value>) -> Self {
                // A handle is made with its declaration, so its kind is always this one.
                if let Some(Value::$variant(value)) = value { value.clone() } else { Self::default() }
            }
        })+
    };
}

values!(i64 => Integer, f64 => Number, bool => Flag, String => Text);
