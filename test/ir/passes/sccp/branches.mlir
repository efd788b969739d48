// RUN: builtin.module(sccp)
// CASE: a branch on a constant goes one way, and what the other way would give does not count
func.func @diamond(%x: i32) -> i32 {
  %true = arith.constant true
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  cf.cond_br %true, ^a, ^b
^a:
  cf.br ^join(%c1 : i32)
^b:
  cf.br ^join(%x : i32)
^join(%y: i32):
  %z = arith.addi %y, %c2 : i32
  return %z : i32
}
// AFTER
module {
  func.func @diamond(%x: i32) -> i32 {
    %0 = arith.constant 1 : i32
    %1 = arith.constant 3 : i32
    %true = arith.constant true
    %c1 = arith.constant 1 : i32
    %c2 = arith.constant 2 : i32
    cf.cond_br %true, ^bb1, ^bb2
  ^bb1:
    cf.br ^bb3(%c1 : i32)
  ^bb2:
    cf.br ^bb3(%x : i32)
  ^bb3(%y: i32):
    return %1 : i32
  }
}
// -----
// CASE: a value that stays the same around a loop is constant
func.func @loop(%n: i32) -> i32 {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  cf.br ^head(%c0, %c1 : i32, i32)
^head(%i: i32, %k: i32):
  %more = arith.cmpi slt, %i, %n : i32
  cf.cond_br %more, ^body, ^exit
^body:
  %next = arith.addi %i, %k : i32
  %same = arith.muli %k, %k : i32
  cf.br ^head(%next, %same : i32, i32)
^exit:
  return %k : i32
}
// AFTER
module {
  func.func @loop(%n: i32) -> i32 {
    %0 = arith.constant 1 : i32
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    cf.br ^bb1(%c0, %c1 : i32, i32)
  ^bb1(%i: i32, %k: i32):
    %more = arith.cmpi slt, %i, %n : i32
    cf.cond_br %more, ^bb2, ^bb3
  ^bb2:
    %next = arith.addi %i, %0 : i32
    cf.br ^bb1(%next, %0 : i32, i32)
  ^bb3:
    return %0 : i32
  }
}
// -----
// CASE: blocks that nothing reaches are left alone
func.func @unreachable() -> i32 {
  %c1 = arith.constant 1 : i32
  return %c1 : i32
^dead(%x: i32):
  %c2 = arith.constant 2 : i32
  %y = arith.addi %c2, %c2 : i32
  cf.br ^dead(%y : i32)
}
// AFTER
module {
  func.func @unreachable() -> i32 {
    %c1 = arith.constant 1 : i32
    return %c1 : i32
  ^bb1(%x: i32):
    %c2 = arith.constant 2 : i32
    %y = arith.addi %c2, %c2 : i32
    cf.br ^bb1(%y : i32)
  }
}
// -----
// CASE: a loop that never ends terminates the analysis
func.func @forever() {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  cf.br ^loop(%c0 : i32)
^loop(%i: i32):
  %next = arith.addi %i, %c1 : i32
  cf.br ^loop(%next : i32)
}
// AFTER
module {
  func.func @forever() {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    cf.br ^bb1(%c0 : i32)
  ^bb1(%i: i32):
    %next = arith.addi %i, %c1 : i32
    cf.br ^bb1(%next : i32)
  }
}
// -----
// CASE: irreducible control flow
func.func @irreducible(%c: i1) -> i32 {
  %c7 = arith.constant 7 : i32
  cf.cond_br %c, ^a(%c7 : i32), ^b(%c7 : i32)
^a(%x: i32):
  cf.cond_br %c, ^b(%x : i32), ^exit(%x : i32)
^b(%y: i32):
  cf.cond_br %c, ^a(%y : i32), ^exit(%y : i32)
^exit(%z: i32):
  return %z : i32
}
// AFTER
module {
  func.func @irreducible(%c: i1) -> i32 {
    %0 = arith.constant 7 : i32
    %c7 = arith.constant 7 : i32
    cf.cond_br %c, ^bb1(%c7 : i32), ^bb2(%c7 : i32)
  ^bb1(%x: i32):
    cf.cond_br %c, ^bb2(%0 : i32), ^bb3(%0 : i32)
  ^bb2(%y: i32):
    cf.cond_br %c, ^bb1(%0 : i32), ^bb3(%0 : i32)
  ^bb3(%z: i32):
    return %0 : i32
  }
}
