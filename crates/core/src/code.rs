//! Stable codes: the words in reports that programs compare, one enum for each set.

/// Enums of codes. Each is written as its word, and its JSON Schema lists the words. One that ends in `..` may be read from the
/// report of another version, which may have other words: those are `Unknown`, and decide nothing.
macro_rules! codes {
    ($(#[$about:meta])* $vis:vis enum $Name:ident {
        $( $(#[$is:meta])* $Code:ident = $word:literal, )+ ..
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $Name {
            $( $(#[$is])* #[serde(rename = $word)] $Code, )+
            /// A word of another version, which decides nothing.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        codes! { @words $Name [$($Code = $word,)+] Unknown = "unknown", }
    };
    ($(#[$about:meta])* $vis:vis enum $Name:ident {
        $( $(#[$is:meta])* $Code:ident = $word:literal, )+
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $Name {
            $( $(#[$is])* #[serde(rename = $word)] $Code, )+
        }

        codes! { @words $Name [$($Code = $word,)+] }
    };
    (@words $Name:ident [$($Code:ident = $word:literal,)+] $($Other:ident = $other:literal,)?) => {
        impl $Name {
            /// All of them, in the order of every list.
            pub const ALL: &'static [Self] = &[$(Self::$Code),+];

            /// The name as written in files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$Code => $word,)+
                    $(Self::$Other => $other,)?
                }
            }
        }

        impl AsRef<str> for $Name {
            fn as_ref(&self) -> &str {
                self.name()
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl schemars::JsonSchema for $Name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($Name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$($word),+] })
            }
        }
    };
}

/// Sorts codes by their words, as the keys of JSON are.
macro_rules! sorted_by_name {
    ($($Name:ident),+) => {$(
        impl PartialOrd for $Name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $Name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.name().cmp(other.name())
            }
        }
    )+};
}
