import Foundation

/// A small HTTP server on this machine for download tests: ranges, cut-off answers, wrong sums.
public final class RangeServer {
  private let process = Process()
  public let address: String

  /// - Parameters:
  ///   - folder: what it serves.
  ///   - cutAfter: bytes after which each answer breaks off.
  ///   - honoursRanges: whether a Range header is followed.
  public init(_ folder: URL, cutAfter: Int = 0, honoursRanges: Bool = true, sum: String = "") throws {
    let script = """
      import http.server, os, sys
      cut, ranges, mark = int(sys.argv[2]), sys.argv[3] == "true", sys.argv[4]
      class Handler(http.server.BaseHTTPRequestHandler):
          def log_message(self, *_): pass
          def do_GET(self):
              path = os.path.join(sys.argv[1], self.path.lstrip("/"))
              if not os.path.isfile(path):
                  self.send_response(404); self.send_header("Content-Length", "0"); self.end_headers(); return
              data = open(path, "rb").read(); start = 0
              if ranges and "Range" in self.headers:
                  start = int(self.headers["Range"].split("=")[1].split("-")[0])
                  if start >= len(data):
                      self.send_response(416); self.send_header("Content-Length", "0"); self.end_headers(); return
                  self.send_response(206); self.send_header("Content-Range", f"bytes {start}-{len(data)-1}/{len(data)}")
              else:
                  self.send_response(200)
              self.send_header("Content-Length", str(len(data) - start))
              if mark: self.send_header("X-Linked-ETag", '"' + mark + '"')
              self.end_headers()
              body = data[start:]
              self.wfile.write(body[:cut] if cut else body)
              self.close_connection = True
      server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
      print(server.server_address[1], flush=True)
      server.serve_forever()
      """
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, folder.path, String(cutAfter), String(honoursRanges), sum]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let port = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
    address = "http://127.0.0.1:" + port.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit { process.terminate() }
}
