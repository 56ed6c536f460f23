import EventLoop

/// One loop and all that lives on it, as an actor whose executor is the loop's own thread.
///
/// The thread enters the actor once per poll batch; everything a byte causes happens without leaving it.
actor Worker {
    nonisolated let loop: EventLoop
    /// What the actor protects.
    ///
    /// Handed to the loop's turns without entering the actor anew, which would allocate twice per turn
    /// (`assumeIsolated`, Swift 6.3): a turn runs on the loop's thread, that thread is this actor's executor, and
    /// nobody else holds the reference.
    nonisolated(unsafe) private let state: LoopState

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// Binds the loop's listeners; nothing is accepted before `start`.
    ///
    init(
        index: Int, loop: EventLoop, shared: ServerShared, peers: [Mailbox<LoopMessage>],
        plans: [ListenerPlan]
    ) throws(ServeError) {
        self.loop = loop
        let state = LoopState(index: index, loop: loop, shared: shared, peers: peers)
        try state.listen(plans)
        self.state = state
    }

    /// Runs the loop on its thread until it is stopped.
    nonisolated func start() throws(SystemError) {
        try loop.start { [self] events, now in
            assert(loop.isCurrent)
            return state.turn(events, now)
        }
    }
}
