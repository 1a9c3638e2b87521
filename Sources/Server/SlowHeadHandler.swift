import NIOCore

/// Closes a connection whose first request has not fully arrived in time, however slowly its bytes drip in.
final class SlowHeadHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Any

  private var deadline: Scheduled<Void>?

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: .seconds(15)) { channel.close(promise: nil) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    deadline?.cancel()
    deadline = nil
    context.fireChannelRead(data)
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }
  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }
}
