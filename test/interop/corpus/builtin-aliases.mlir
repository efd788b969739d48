// Aliases of attributes, types and locations, before and behind their uses.
#map = affine_map<(d0) -> (d0 + 1)>
#set = affine_set<(d0) : (d0 >= 0)>
#list = [#map, #map]
#number = 42 : i32
!pair = tuple<i32, f32>
!buffer = memref<4xf32, #map>
#nested = {first = #list, second = !pair}
func.func @f(%x: !pair, %b: !buffer) -> !pair {
  "test.use"() {a = #map, b = #set, c = #list, d = #number, e = #nested, f = !buffer} : () -> ()
  return %x : !pair
}
