// RUN: symbol-dce
// CASE: private functions that only other dead functions call
func.func private @helper(%x: f32) -> f32 {
  return %x : f32
}
func.func private @unused(%x: f32) -> f32 {
  %0 = func.call @helper(%x) : (f32) -> f32
  return %0 : f32
}
func.func private @used(%x: f32) -> f32 {
  return %x : f32
}
func.func @main(%x: f32) -> f32 {
  %0 = func.call @used(%x) : (f32) -> f32
  return %0 : f32
}
// AFTER
module {
  func.func private @used(%x: f32) -> f32 {
    return %x : f32
  }
  func.func @main(%x: f32) -> f32 {
    %0 = call @used(%x) : (f32) -> f32
    return %0 : f32
  }
}
// -----
// CASE: functions that only call each other
func.func private @odd(%x: f32) -> f32 {
  %0 = func.call @even(%x) : (f32) -> f32
  return %0 : f32
}
func.func private @even(%x: f32) -> f32 {
  %0 = func.call @odd(%x) : (f32) -> f32
  return %0 : f32
}
func.func @main(%x: f32) -> f32 {
  return %x : f32
}
// AFTER
module {
  func.func @main(%x: f32) -> f32 {
    return %x : f32
  }
}
// -----
// CASE: nested tables: what is reached through a path stays, and what a private table hides goes
module {
  module @library {
    func.func private @inner() {
      func.call @helper() : () -> ()
      return
    }
    func.func private @helper() {
      return
    }
    func.func private @unused() {
      return
    }
    func.func @visible() {
      return
    }
  }
  module @hidden attributes {sym_visibility = "private"} {
    func.func @seen_by_nobody() {
      return
    }
  }
  func.func @main() attributes {library = @library::@inner} {
    return
  }
}
// AFTER
module {
  module @library {
    func.func private @inner() {
      call @helper() : () -> ()
      return
    }
    func.func private @helper() {
      return
    }
    func.func @visible() {
      return
    }
  }
  func.func @main() attributes {library = @library::@inner} {
    return
  }
}
