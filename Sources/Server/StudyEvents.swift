import Foundation
import Hummingbird
import ServiceLifecycle

/// Tells pages that the study has changed.
/// - Source: WHATWG HTML, section 9.2, "Server-sent events".
enum StudyEvents {
  static func response(_ pages: ServerPages) -> Response {
    Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        var last = pages.state()
        try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
        var quiet = 0
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
          try await Task.sleep(for: .milliseconds(500))
          let now = pages.state()
          if now != last {
            last = now
            quiet = 0
            try await writer.write(ByteBuffer(string: "event: change\ndata: {}\n\n"))
          } else if quiet >= 20 {
            // A line that says nothing finds out whether anybody still listens.
            quiet = 0
            try await writer.write(ByteBuffer(string: ": still here\n\n"))
          }
          quiet += 1
        }
        try await writer.finish(nil)
      })
  }
}
