//! Nothing: the cases in `pass` and `fail` are the package.
