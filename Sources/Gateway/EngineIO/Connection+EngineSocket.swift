import Bytes
import EngineIOWire
import EventLoop
import HTTPWire
import PubSub
import Transport
import WebSocketWire

// The WebSocket of an Engine.IO session: from its handshake to its messages.
extension Connection {
    /// A session begins on a WebSocket.
    func openSession(_ head: RequestHead, _ handshake: Handshake.Accepted, at endpoint: EngineEndpoint) {
        loop.shared.lookForProxy(head, briefly: true)
        loop.shared.log.attempted(self, head)
        open(handshake, at: endpoint)
        let client = EngineClient(
            endpoint, .webSocket, loop: loop, facts: facts(head, endpoint), from: self.client)
        client.connection = self
        noteAddress(of: client)
        engine = client
        loop.metrics.engine.opened(.webSocket)
        loop.shared.log.engineOpened(client, .webSocket)
        loop.schedule(client)
        let work = loop.work
        EngineOpening(sid: client.id.text, transport: .webSocket, settings: endpoint.settings)
            .append(to: work)
        FrameWriter.append(.text, payload: work.bytes, to: loop.reply)
        work.removeAll(keepingCapacity: LoopState.keptCapacity)
    }

    /// A WebSocket comes with the id of a session of this loop.
    ///
    /// - Returns: false when it was refused.
    func upgrade(
        _ head: RequestHead, _ handshake: Handshake.Accepted, _ id: EngineID, at endpoint: EngineEndpoint
    ) -> Bool {
        guard let client = loop.engine.client(id) else {
            complete(unanswered: .refused(.unknownSession), head, endpoint)
            return false
        }
        switch client.machine.upgradeArrived(now: loop.now) {
        case .refuse(let refusal):
            complete(unanswered: .refused(refusal), head, endpoint)
            return false
        case .acceptAndClose:
            open(handshake, at: endpoint)
            flushReply()
            close(.normal, reason: "the session has a WebSocket")
        case .probe:
            open(handshake, at: endpoint)
            client.probe = self
            engine = client
            loop.schedule(client)
        }
        return true
    }

    private func complete(unanswered answer: EngineAnswer, _ head: RequestHead, _ endpoint: EngineEndpoint) {
        keepExchange().unanswered = head
        keepExchange().engine = HTTPExchange.Engine(endpoint: endpoint)
        complete(answer)
    }

    /// Answers 101 and speaks WebSocket from here on; without a heartbeat of its own, for the session has one.
    private func open(_ handshake: Handshake.Accepted, at endpoint: EngineEndpoint) {
        Handshake.appendResponse(handshake, to: loop.reply)
        self.endpoint = UInt16(truncatingIfNeeded: endpoint.index)
        dialect = .engine
        reader = MessageReader(
            role: .server, messageLimit: endpoint.settings.maxPayload, deflate: nil)
        phase = .open
        loop.outlets.set(.closed, false, for: slot)
        lastReceived = loop.tick
        phaseBegan = loop.tick
        hasOpened = true
        loop.metrics.opened &+= 1
        deadline = .distantFuture
        loop.wheel.cancel(slot)
    }

    /// A message on it.
    func receive(engine payload: UnsafeRawBufferPointer, _ kind: MessageKind) {
        guard let client = engine else { return }
        do throws(EngineError) {
            let packet =
                kind == .binary ? EnginePacket(binary: payload) : try EnginePacket(text: payload)
            if client.probe === self {
                loop.probed(packet, self, client)
            } else {
                loop.receive(packet, from: client)
            }
        } catch {
            if client.probe === self { return close(.normal) }
            loop.end(client, client.machine.received(error))
        }
    }

    // MARK: Sending

    /// Sends one message: at once when this connection is being read, else when the turn ends, with all that comes by then.
    func push(_ payload: UnsafeRawBufferPointer, _ opcode: Opcode) {
        guard phase == .open else { return }
        // Behind what waits for the turn's end already, or the order would be lost.
        if isReading, !loop.outlets[slot].obstacles.contains(.hasParts) {
            return FrameWriter.append(opcode, payload: payload, to: loop.reply)
        }
        let start = loop.deferred.count
        FrameWriter.append(opcode, payload: payload, to: loop.deferred)
        loop.outlets.addPart(
            slot, source: -1, lane: .plain, start: start, count: loop.deferred.count - start)
    }

    func push(_ packet: StaticString) {
        push(UnsafeRawBufferPointer(start: packet.utf8Start, count: packet.utf8CodeUnitCount), .text)
    }

    // MARK: From loop to loop

    /// Leaves this loop for the one where the session lives that its WebSocket is for.
    func move(
        to target: Int, _ head: RequestHead, _ handshake: Handshake.Accepted, _ id: EngineID,
        at endpoint: EngineEndpoint, followedBy bytes: UnsafeMutableRawBufferPointer
    ) {
        flushReplyNow()
        guard phase == .http, socket.queuedBytes == 0 else { return end(.refused) }
        let moved = MovedConnection(
            peer: peer, listener: listener, head: head, handshake: handshake, session: id,
            endpoint: endpoint, bytes: [UInt8](bytes))
        loop.loop.deregister(socket.fileDescriptor)
        swap(&socket, &moved.socket)
        phase = .closed
        if let exchange { loop.buffers.give(exchange.inbox) }
        exchange = nil
        loop.detach(self)
        loop.peers[target].post(.perform { $0.adopt(moved) })
    }
}

/// A connection on its way to another loop.
///
/// Unchecked: the loop that makes it has let go of the socket before it posts it, the loop that gets it is the only one that
/// ever reads it, and the mailbox orders the two.
final class MovedConnection: @unchecked Sendable {
    var socket = StreamSocket(fileDescriptor: -1)
    let peer: SocketAddress
    let listener: UInt8
    let head: RequestHead
    let handshake: Handshake.Accepted
    let session: EngineID
    let endpoint: EngineEndpoint
    /// What was read behind the handshake.
    var bytes: [UInt8]

    init(
        peer: SocketAddress, listener: UInt8, head: RequestHead, handshake: Handshake.Accepted,
        session: EngineID, endpoint: EngineEndpoint, bytes: [UInt8]
    ) {
        self.peer = peer
        self.listener = listener
        self.head = head
        self.handshake = handshake
        self.session = session
        self.endpoint = endpoint
        self.bytes = bytes
    }
}

extension LoopState {
    /// Takes in a connection that another loop has read the handshake of.
    func adopt(_ moved: MovedConnection) {
        let connection = Connection(
            loop: self, fileDescriptor: -1, peer: moved.peer, listener: moved.listener, phase: .http)
        swap(&connection.socket, &moved.socket)
        guard attach(connection) else { return }
        connection.noteClient(of: moved.head)
        if connection.upgrade(moved.head, moved.handshake, moved.session, at: moved.endpoint) {
            moved.bytes.withUnsafeMutableBytes { connection.dropExchangeKeeping($0) }
        } else {
            connection.readOn()
        }
        // What TLS holds decrypted the poller cannot see.
        if connection.phase != .closed, connection.socket.hasBufferedBytes { connection.becameReadable() }
    }
}
