// Integer arithmetic on scalars, index, vectors and tensors, with flags.
func.func @scalars(%a: i32, %b: i32, %i: index, %w: i128, %n: i7) -> i32 {
  %0 = arith.addi %a, %b : i32
  %1 = arith.subi %0, %b overflow<nsw> : i32
  %2 = arith.muli %1, %b overflow<nuw> : i32
  %3 = arith.shli %2, %b overflow<nsw, nuw> : i32
  %4 = arith.divsi %3, %b : i32
  %5 = arith.divui %4, %b : i32
  %6 = arith.ceildivsi %5, %b : i32
  %7 = arith.ceildivui %6, %b : i32
  %8 = arith.floordivsi %7, %b : i32
  %9 = arith.remsi %8, %b : i32
  %10 = arith.remui %9, %b : i32
  %11 = arith.andi %10, %b : i32
  %12 = arith.ori %11, %b : i32
  %13 = arith.xori %12, %b : i32
  %14 = arith.shrsi %13, %b : i32
  %15 = arith.shrui %14, %b : i32
  %16 = arith.maxsi %15, %b : i32
  %17 = arith.maxui %16, %b : i32
  %18 = arith.minsi %17, %b : i32
  %19 = arith.minui %18, %b : i32
  %20, %21 = arith.addui_extended %19, %b : i32, i1
  %low, %high = arith.mulsi_extended %20, %b : i32
  %low_0, %high_0 = arith.mului_extended %low, %high : i32
  %22 = arith.addi %i, %i : index
  %23 = arith.muli %w, %w : i128
  %24 = arith.subi %n, %n {test.note = "odd width"} : i7
  return %low_0 : i32
}
func.func @shaped(%v: vector<4xi32>, %t: tensor<?xi64>, %s: vector<[4]xi8>, %u: tensor<*xi32>, %e: vector<2x4xindex>) {
  %0 = arith.addi %v, %v : vector<4xi32>
  %1 = arith.muli %t, %t overflow<nsw> : tensor<?xi64>
  %2 = arith.andi %s, %s : vector<[4]xi8>
  %3 = arith.xori %u, %u : tensor<*xi32>
  %4 = arith.remui %e, %e : vector<2x4xindex>
  %5, %6 = arith.addui_extended %v, %v : vector<4xi32>, vector<4xi1>
  return
}
