import Glibc

/// What `sockeye connect` shows, and on a terminal the line that is being typed below it.
struct ConnectScreen: ~Copyable {
    private var editor = LineEditor(prompt: "> ")
    private var terminal: RawTerminal?

    /// From here on keys are heard one by one.
    mutating func enter() {
        terminal = RawTerminal()
        redraw()
    }

    /// Gives the terminal back as it was.
    mutating func leave() {
        guard terminal != nil else { return }
        Output.write(LineEditor.erasing)
        terminal = nil
    }

    /// Takes keys, and says what they ask for; the line is drawn anew by ``redraw()``.
    mutating func feed(_ bytes: [UInt8]) -> [LineEditor.Decision] {
        editor.feed(bytes)
    }

    func show(_ lines: [ConnectPrinter.Line]) {
        guard !lines.isEmpty else { return }
        if terminal != nil { Output.write(LineEditor.erasing) }
        for line in lines {
            switch line {
            case .data(let text):
                // Nobody reads any more, as after `| head`: then nobody needs the connection either.
                if !Output.line(text) { exit(ExitStatus.healthy.rawValue) }
            case .talk(let text): Talk.line(text)
            }
        }
        redraw()
    }

    func clear() {
        Output.write("\u{1B}[H\u{1B}[2J")
    }

    func redraw() {
        if terminal != nil { Output.write(editor.drawing(width: RawTerminal.width)) }
    }
}
