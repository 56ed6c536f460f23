import Documents

/// The dependencies of a program: npm's package.json or lock, pip's requirements, and their like.
package struct PackageList: Equatable, Sendable {
    /// A package with the version as it is asked for.
    package struct Package: Equatable, Sendable {
        /// In small letters, without extras: `uvicorn`.
        package let name: String
        /// Extras in brackets: `standard`.
        package let extras: [String]
        /// `^2.3.0`, `==4.2`, empty: any.
        package let version: String
        package let place: FilePlace

        /// The first number of the version; nil: none.
        package var major: Int? {
            let digits = version.drop { !$0.isNumber }.prefix { $0.isNumber }
            return Int(digits)
        }

        /// The second number of the version; nil: none.
        package var minor: Int? {
            let parts = version.drop { !$0.isNumber }.split(separator: ".")
            return parts.count > 1 ? Int(parts[1].prefix { $0.isNumber }) : nil
        }
    }

    package enum Ecosystem: String, Sendable { case npm, pip, ruby, other }
    package let file: String
    package let ecosystem: Ecosystem
    package var packages: [Package]

    /// The package of a name.
    package subscript(name: String) -> Package? { packages.first { $0.name == name } }

    /// package.json, package-lock.json (both layouts), yarn's and pnpm's forms as far as they are trees.
    static func npm(_ root: DocumentNode, _ file: SourceFile) -> PackageList {
        var packages: [Package] = []
        for group in ["dependencies", "devDependencies", "peerDependencies"] {
            for member in root[group]?.members ?? [] {
                let version = member.value.text ?? member.value["version"]?.text ?? ""
                packages.append(
                    Package(
                        name: member.key.lowercased(), extras: [], version: version,
                        place: file.place(member.place.line, member.place.column)))
            }
        }
        for member in root["packages"]?.members ?? [] {
            guard let name = member.key.after("node_modules/"), !name.holds("node_modules/") else { continue }
            packages.insert(
                Package(
                    name: name.lowercased(), extras: [], version: member.value["version"]?.text ?? "",
                    place: file.place(member.place.line, member.place.column)), at: 0)
        }
        return PackageList(file: file.name, ecosystem: .npm, packages: packages)
    }

    /// requirements.txt: `uvicorn[standard]>=0.20  # why`; also the lines of `pip freeze`.
    static func pip(_ file: SourceFile) -> PackageList {
        var packages: [Package] = []
        for line in file.lines {
            let text = (line.text.before("#") ?? line.text).trimmed
            guard let first = text.first, first.isLetter else { continue }
            let name = text.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
            let extras = text.between("[", "]")?.split(separator: ",").map(\.trimmed) ?? []
            let rest = text.after("]") ?? String(text.dropFirst(name.count))
            packages.append(
                Package(
                    name: name.lowercased().replacing("_", with: "-"), extras: extras,
                    version: (rest.before(";") ?? rest).trimmed, place: file.place(line.number)))
        }
        return PackageList(file: file.name, ecosystem: .pip, packages: packages)
    }

    /// Gemfile and Gemfile.lock: `gem "puma", "~> 5"`, `puma (5.6.4)`.
    static func ruby(_ file: SourceFile) -> PackageList {
        var packages: [Package] = []
        for line in file.lines {
            let text = line.text.trimmed
            if text.hasPrefix("gem ") {
                let words = text.dropFirst(4).split(separator: ",").map { $0.trimmed.unquoted }
                guard let name = words.first else { continue }
                packages.append(
                    Package(
                        name: name.lowercased(), extras: [], version: words.count > 1 ? words[1] : "",
                        place: file.place(line.number)))
            } else if let name = text.before(" ("), let version = text.between(" (", ")"),
                version.first?.isNumber == true
            {
                packages.append(
                    Package(
                        name: name.lowercased(), extras: [], version: version, place: file.place(line.number))
                )
            }
        }
        return PackageList(file: file.name, ecosystem: .ruby, packages: packages)
    }
}
