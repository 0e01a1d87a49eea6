//! The rules. Each reads the tables of the model and never walks the tree.
