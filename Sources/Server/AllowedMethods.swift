import Hummingbird

extension Router {
  /// Answers 405, with the methods that there are, where a path has routes and none for the request's method.
  ///
  /// - Precondition: called last. A HEAD route is made for each GET route when the router is built.
  func refuseOtherMethods() {
    let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]
    for (path, routes) in Dictionary(grouping: routes, by: \.path.description) {
      var allowed = routes.map(\.method)
      if allowed.contains(.get) { allowed.append(.head) }
      let names = allowed.map(\.rawValue).sorted()
      for method in known where !allowed.contains(method) {
        on(RouterPath(path), method: method) { _, _ -> Response in
          throw ServerFault.methodNotAllowed(names)
        }
      }
    }
  }
}
