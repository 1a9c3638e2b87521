/// A layer: its tensors and sub-layers are stored properties that carry their key in the checkpoint.
///
/// ```swift
/// final class Pooler: Module {
///   @Child("dense") var dense: Linear
/// }
/// ```
/// `namedParameters()` then finds `dense.weight` and `dense.bias`. A key may hold dots, so that a flat class
/// can follow a nested checkpoint (`@Child("attention.self.query")`).
public protocol Module: AnyObject {}

/// A tensor that training changes and a checkpoint stores.
///
/// Sendable by convention: replaced while a model is made, moved or frozen, which is done before threads
/// share it.
@propertyWrapper
public final class Parameter: @unchecked Sendable {
  public let key: String
  private var tensor: Tensor?

  public init(_ key: String) { self.key = key }

  public var wrappedValue: Tensor {
    get { tensor! }
    set {
      newValue.requiresGradient = true
      tensor = newValue
    }
  }
}

/// A sub-layer, an optional one or an array of them (keys `key.0`, `key.1`, …).
@propertyWrapper
public struct Child<Value> {
  public let key: String
  private var value: Value?

  public init(_ key: String) { self.key = key }

  public var wrappedValue: Value {
    get { value! }
    set { value = newValue }
  }
}

private protocol KeyedModules {
  var modules: [(key: String, module: any Module)] { get }
}

extension Child: KeyedModules {
  fileprivate var modules: [(key: String, module: any Module)] {
    if let list = wrappedValue as? [any Module] {
      return list.enumerated().map { ("\(key).\($0.offset)", $0.element) }
    }
    return (wrappedValue as? any Module).map { [(key, $0)] } ?? []
  }
}

extension Module {
  /// Every parameter below this module with its dotted name, in the order of declaration.
  public func namedParameters(prefix: String = "") -> [(name: String, parameter: Parameter)] {
    Mirror(reflecting: self).children.flatMap { child -> [(name: String, parameter: Parameter)] in
      switch child.value {
      case let parameter as Parameter: [(prefix + parameter.key, parameter)]
      case let keyed as KeyedModules:
        keyed.modules.flatMap {
          // A child without a key adds no part to the names below it.
          $0.module.namedParameters(prefix: $0.key.isEmpty ? prefix : prefix + $0.key + ".")
        }
      default: []
      }
    }
  }

  /// No parameter takes gradients any more, so that a pass through the module keeps no graph for them.
  public func freeze() {
    for (_, parameter) in namedParameters() { parameter.wrappedValue.requiresGradient = false }
  }

  public var parameterCount: Int { namedParameters().reduce(0) { $0 + $1.parameter.wrappedValue.count } }

  /// Moves every parameter.
  public func move(to device: Device) {
    for (_, parameter) in namedParameters() where parameter.wrappedValue.device != device {
      parameter.wrappedValue = parameter.wrappedValue.detached().to(device)
    }
  }
}
