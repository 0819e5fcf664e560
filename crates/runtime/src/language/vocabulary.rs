//! The pure vocabulary: the operations of the trace IR that a machine has methods for. From each row derive
//! the methods of [`Machine`], of each of its instances and of [`Commit`](crate::Commit).
//!
//! The rows are the op table's own ([`offramp_uop::pure_ops`]): what an interpreter computes directly is the
//! expression that the evaluator computes.
//!
//! [`Machine`]: crate::Machine

/// Hands the rows to the macro `$then`: documentation, method, op, parameters, result and expression.
macro_rules! vocabulary {
    ($then:ident) => {
        offramp_uop::pure_ops! { vocabulary_rows {} => $then }
    };
}

/// Leaves out what only the trace IR asks for.
macro_rules! vocabulary_rows {
    (
        $( pure $group:ident { $( #[doc = $doc:literal] $method:ident $Op:ident $name:literal ($($a:ident: $t:ident),*) -> $r:ident [$($flag:ident)*] = $e:expr; )* } )*
        => $then:ident
    ) => {
        $then! { $( $( #[doc = $doc] $method $Op($($a: $t),*) -> $r = $e; )* )* }
    };
}
