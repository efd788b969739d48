// Branches with and without values, switches, asserts, loops of blocks.
func.func @f(%c: i1, %x: f32, %n: i32, %l: i64) -> f32 {
  cf.assert %c, "a \22message\22"
  cf.cond_br %c, ^a(%x : f32), ^b {test.a}
^a(%0: f32):
  cf.br ^c(%0, %n : f32, i32)
^b:
  cf.switch %n : i32, [
    default: ^a(%x : f32),
    1: ^b,
    2: ^c(%x, %n : f32, i32),
    -3: ^a(%x : f32)
  ]
^c(%1: f32, %2: i32):
  cf.switch %l : i64, [
    default: ^d
  ] {test.only_default}
^d:
  cf.cond_br %c, ^e, ^e
^e:
  return %1 : f32
}
func.func @loop(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  cf.br ^head(%c0 : index)
^head(%i: index):
  %c = arith.cmpi slt, %i, %n : index
  cf.cond_br %c, ^body, ^end
^body:
  %next = arith.addi %i, %c1 : index
  cf.br ^head(%next : index)
^end:
  return
}
