// RUN: canonicalize{max-iterations=1 test-convergence=true}
// CASE: work that is not done
// expected-error@+1 {{is not canonical yet after 1 sweeps: raise max-iterations or max-num-rewrites}}
module {
  func.func @main(%x: i32) -> i32 {
    %c1 = arith.constant 1 : i32
    %0 = arith.addi %c1, %x : i32
    return %0 : i32
  }
}
