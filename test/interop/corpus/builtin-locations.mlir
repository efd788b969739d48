// Locations of every kind on operations, arguments and blocks.
#loc = loc("file.mlir":1:1)
#loc1 = loc("alias"(#loc))
func.func @f(%x: f32 loc("x"), %y: f32 loc("other.mlir":3:4)) -> f32 {
  %0 = arith.addf %x, %y : f32 loc(callsite("inner" at "outer.mlir":5:6))
  %1 = arith.mulf %0, %0 : f32 loc(fused["a", "b.mlir":7:8])
  %2 = arith.subf %1, %0 : f32 loc(fused<"metadata">["c", #loc1])
  %3 = arith.divf %2, %0 : f32 loc("name"("file.mlir":9:10))
  %4 = arith.remf %3, %0 : f32 loc(unknown)
  %5 = arith.negf %4 : f32 loc(#loc1)
  %6 = arith.negf %5 : f32 loc(callsite(callsite("a" at "b") at fused["c", callsite("d" at "e")]))
  cf.br ^bb1(%6 : f32) loc("branch")
^bb1(%z: f32 loc("z")):
  return %z : f32 loc(fused<{a = 1}>["f.mlir":1:2])
} loc(#loc)
