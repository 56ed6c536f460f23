import Foundation
import Testing

/// Holds the `import` lines to ``House``.
///
/// The compiler finds an undeclared dependency, but not one that comes in through
/// another target, nor a system module in a room that must not know the system.
@Suite("Import table")
struct ImportTableTests {
    @Test("there are sources to look at")
    func sourcesAreFound() {
        #expect(SourceTree.files.count >= House.rooms.count)
    }

    @Test("every Swift room is in the table, and every row has its room")
    func roomsAndRowsAgree() {
        #expect(Set(SourceTree.files.map(\.room)) == Set(House.rooms.map(\.name)))
        #expect(Set(House.rooms.map(\.name)).count == House.rooms.count)
    }

    @Test("a file imports only what its room may", arguments: SourceTree.files)
    func fileKeepsToItsRow(_ file: SourceFile) throws {
        let room = try #require(House.rooms.first { $0.name == file.room })
        for (module, line) in file.imports {
            let place = "Sources/\(file.room)/\(file.path):\(line)"
            #expect(
                room.allows(module, in: file.path), "\(place) imports \(module), which \(room.name) may not")
        }
    }

    @Test("an exception names a file that exists and still needs it", arguments: House.rooms)
    func exceptionsAreAlive(_ room: Room) {
        for (path, exception) in room.exceptions {
            let file = SourceTree.files.first { $0.room == room.name && $0.path == path }
            let used = Set(file?.imports.map(\.module) ?? [])
            #expect(exception.imports.isSubset(of: used), "\(room.name)/\(path): \(exception.reason)")
        }
    }

    @Test(
        "sans-IO rooms see no system module in their row",
        arguments: House.rooms.filter { House.sansIO.contains($0.name) })
    func sansIORoomsStayPure(_ room: Room) {
        #expect(room.mayImport.isDisjoint(with: House.systemModules))
    }

    @Test(
        "a sans-IO room rests on sans-IO rooms only",
        arguments: House.rooms.filter { House.sansIO.contains($0.name) })
    func sansIORoomsRestOnPureRooms(_ room: Room) {
        let rooms = Set(House.rooms.map(\.name))
        #expect(room.mayImport.intersection(rooms).isSubset(of: House.sansIO))
    }

    @Test("the table has no cycle and strangers stay apart, even through others")
    func strangersStayApart() {
        let rows = Dictionary(uniqueKeysWithValues: House.rooms.map { ($0.name, $0.mayImport) })
        func reachable(from name: String) -> Set<String> {
            var seen: Set<String> = []
            var queue = Array(rows[name] ?? [])
            while let next = queue.popLast() {
                if seen.insert(next).inserted { queue += rows[next] ?? [] }
            }
            return seen
        }
        for name in rows.keys {
            #expect(!reachable(from: name).contains(name), "\(name) imports itself in the end")
        }
        for (one, other) in House.strangers {
            #expect(!reachable(from: one).contains(other), "\(one) reaches \(other)")
        }
    }

    /// Package.swift and the table say the same about our own targets, so that neither can drift.
    @Test("Package.swift declares what the table allows", arguments: House.rooms)
    func manifestAgrees(_ room: Room) throws {
        let declared = try Manifest.dependencies(of: room.name)
        let system: Set<String> = ["Dispatch", "Glibc", "Synchronization"]
        #expect(declared == room.mayImport.subtracting(system))
    }
}

/// As much of `Package.swift` as the table needs: targets and the names they depend on.
enum Manifest {
    static func dependencies(of target: String) throws -> Set<String> {
        let text = try SourceTree.text("Package.swift")
        let pattern =
            #"\.(?:executableTarget|target)\(\s*name: "\#(target)"(?:,\s*dependencies: \[([^\]]*)\])?"#
        let expression = try NSRegularExpression(pattern: pattern)
        let whole = NSRange(text.startIndex..., in: text)
        let match = try #require(expression.firstMatch(in: text, range: whole), "no target \(target)")
        guard let list = Range(match.range(at: 1), in: text) else { return [] }
        let parts = text[list].split(separator: "\"", omittingEmptySubsequences: false)
        return Set(parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) })
    }
}
