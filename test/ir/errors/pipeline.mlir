// CASE: a pass that does not exist
// expected-error@+1 {{no pass is called 'cze'; did you mean cse}}
// RUN: canonicalize,cze
func.func @main() {
  return
}
// -----
// CASE: a parenthesis that is not closed
// expected-error@+1 {{expected ')'}}
// RUN: func.func(canonicalize
func.func @main() {
  return
}
// -----
// CASE: an option that the pass does not have
// expected-error@+1 {{pass 'canonicalize' has no option 'speed'; it has top-down}}
// RUN: canonicalize{speed=3}
func.func @main() {
  return
}
// -----
// CASE: an option of another type
// expected-error@+1 {{must be an integer of at least -1}}
// RUN: canonicalize{max-iterations=many}
func.func @main() {
  return
}
// -----
// CASE: a word that the option does not allow
// expected-error@+1 {{must be one of cpu, ane}}
// RUN: tensor-to-fused{device=gpu}
func.func @main() {
  return
}
