// RUN: builtin.module(symbol-privatize{exclude=main,other})
// CASE: symbols but the excluded ones become private
func.func @main() {
  return
}
func.func @other() {
  return
}
func.func @helper() {
  return
}
// AFTER
module {
  func.func @main() {
    return
  }
  func.func @other() {
    return
  }
  func.func private @helper() {
    return
  }
}
