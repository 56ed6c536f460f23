#if FUZZING
    import Glibc

    /// A fuzz target: takes one input, returns 0, and traps when something does not hold.
    typealias FuzzTarget = @Sendable (UnsafePointer<UInt8>, Int) -> Int32

    /// Picks a target by the environment variable SOCKEYE_FUZZ or the first argument, and hands over to
    /// libFuzzer.
    @main struct FuzzMain {
        static let targets: [(name: String, run: FuzzTarget)] = [
            ("doctor", fuzzDoctor),
            ("head", fuzzHead),
            ("frames", fuzzFrames),
            ("inflate", fuzzInflate),
            ("json", fuzzJSON),
            ("nginx", fuzzNginx),
            ("records", fuzzRecords),
            ("routing", fuzzRouting),
            ("engineio", fuzzEngineIO),
            ("socketio", fuzzSocketIO),
        ]

        static func main() {
            var arguments = CommandLine.arguments
            let name: String
            if let chosen = getenv("SOCKEYE_FUZZ") {
                name = String(cString: chosen)
            } else if arguments.count > 1 {
                name = arguments.remove(at: 1)
            } else {
                name = ""
            }
            guard let target = targets.first(where: { $0.name == name }) else {
                let names = targets.map(\.name).joined(separator: ", ")
                let complaint = "fuzz: no target \"\(name)\"; give one of \(names) as first argument\n"
                _ = complaint.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
                exit(2)
            }
            FuzzTargetInUse.run = target.run
            // libFuzzer reads its options from here for as long as the process lives.
            var argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = .allocate(
                capacity: arguments.count + 1)
            for (at, argument) in arguments.enumerated() { argv?[at] = strdup(argument) }
            argv?[arguments.count] = nil
            var argc = Int32(arguments.count)
            let status = runFuzzer(&argc, &argv) { data, count in
                guard let data else { return 0 }
                return FuzzTargetInUse.run(data, count)
            }
            exit(status)
        }
    }

    /// The chosen target, for the C function that libFuzzer calls; written once before it starts.
    private enum FuzzTargetInUse {
        nonisolated(unsafe) static var run: FuzzTarget = { _, _ in 0 }
    }

    /// `int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *, size_t))`.
    @_silgen_name("LLVMFuzzerRunDriver")
    private func runFuzzer(
        _ argc: UnsafeMutablePointer<Int32>,
        _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
        _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
    ) -> Int32
#else
    @main struct FuzzMain {
        static func main() {
            print("This build holds no fuzz targets. `make fuzz` builds them with libFuzzer and runs each.")
        }
    }
#endif
