// Masks made and used, code for one lane, output for debugging.
func.func @f(%n: index, %v: vector<8xf32>, %m: vector<8xi1>, %l: memref<?xf32>, %x: f32) -> f32 {
  %0 = vector.constant_mask [3] : vector<8xi1>
  %1 = vector.constant_mask [1, 4] : vector<2x8xi1>
  %2 = vector.create_mask %n : vector<8xi1>
  %3 = vector.create_mask %n, %n {test.a} : vector<2x[4]xi1>
  %4 = vector.mask %m { vector.reduction <add>, %v : vector<8xf32> into f32 } : vector<8xi1> -> f32
  %5 = vector.mask %m, %v { vector.transfer_read %l[%n], %x : memref<?xf32>, vector<8xf32> } : vector<8xi1> -> vector<8xf32>
  vector.mask %m { vector.transfer_write %v, %l[%n] : vector<8xf32>, memref<?xf32> } : vector<8xi1>
  %6 = vector.warp_execute_on_lane_0(%n)[32] -> (f32) {
    vector.yield %x : f32
  }
  %7:2 = vector.warp_execute_on_lane_0(%n)[32] args(%v, %x : vector<8xf32>, f32) -> (vector<8xf32>, f32) {
  ^bb0(%all: vector<256xf32>, %y: f32):
    vector.yield %all, %y : vector<256xf32>, f32
  }
  vector.warp_execute_on_lane_0(%n)[16] {
    vector.print %x : f32
  } {test.b}
  vector.print %v : vector<8xf32>
  vector.print %v : vector<8xf32> punctuation <comma>
  vector.print punctuation <open>
  vector.print str "text \22quoted\22"
  vector.print %x : f32 punctuation <no_punctuation> {test.c}
  return %4 : f32
}
