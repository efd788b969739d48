// y[i] = 3 * x[i] + 2
func.func @main(%x: memref<8xi32> {anemone.input = "x"}, %y: memref<8xi32> {anemone.output = "y"}) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %eight = arith.constant 8 : index
  %a = arith.constant 3 : i32
  %b = arith.constant 2 : i32
  scf.for %i = %zero to %eight step %one {
    %0 = memref.load %x[%i] : memref<8xi32>
    %1 = arith.muli %0, %a : i32
    %2 = arith.addi %1, %b : i32
    memref.store %2, %y[%i] : memref<8xi32>
  }
  return
}
