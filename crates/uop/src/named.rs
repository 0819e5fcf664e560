//! Enums whose variants have names in the text form: a table of variants and names, from which the list of
//! all, the name of each and the way back derive.

/// An enum of variants with names.
///
/// Beside it are `ALL`, in the table's order, `name`, `from_name` and `Display`, which prints the name.
macro_rules! named {
    (
        $( #[$attribute:meta] )*
        pub enum $Enum:ident, $what:literal {
            $( $( #[$of_variant:meta] )* $Variant:ident = $name:literal, )*
        }
    ) => {
        $( #[$attribute] )*
        pub enum $Enum {
            $( $( #[$of_variant] )* $Variant, )*
        }

        impl $Enum {
            #[doc = concat!("Every ", $what, ".")]
            pub const ALL: [$Enum; [$( $name ),*].len()] = [$( $Enum::$Variant ),*];

            /// The name, as in the text form.
            pub fn name(self) -> &'static str {
                match self {
                    $( $Enum::$Variant => $name, )*
                }
            }

            #[doc = concat!("The ", $what, " called `name`, if there is one.")]
            pub fn from_name(name: &str) -> Option<$Enum> {
                match name {
                    $( $name => Some($Enum::$Variant), )*
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $Enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(crate) use named;
