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
// -----
// CASE: an option twice
// expected-error@+1 {{option 'max-elements' of pass 'constant-fold' is given twice}}
// RUN: constant-fold{max-elements=1 max-elements=2}
func.func @main() {
  return
}
// -----
// CASE: commas between options
// expected-error@+1 {{blanks separate options}}
// RUN: vectorize{registers=3,group=false}
func.func @main() {
  return
}
// -----
// CASE: an op that passes cannot be nested on
// expected-error@+1 {{passes cannot be nested on 'scf.for', which is not isolated from above}}
// RUN: func.func(scf.for(cse))
func.func @main() {
  return
}
// -----
// CASE: an op that does not exist
// expected-error@+1 {{no loaded dialect has an op 'func.fun' to nest passes on; did you mean func.func?}}
// RUN: func.fun(cse)
func.func @main() {
  return
}
// -----
// CASE: a pass for modules inside functions
// expected-error@+1 {{pass 'bufferize' runs on 'builtin.module', not on 'func.func': put it outside func.func(…)}}
// RUN: func.func(bufferize)
func.func @main() {
  return
}
// -----
// CASE: a property that nothing establishes
// expected-error@+1 {{pass 'vectorize' requires the module to be 'bufferised': no pass of this pipeline establishes it}}
// RUN: canonicalize,vectorize
func.func @main() {
  return
}
// -----
// CASE: an op where a pass must be
// expected-error@+1 {{'func.func' is an op, which a pipeline is nested on: func.func(…)}}
// RUN: func.func
func.func @main() {
  return
}
