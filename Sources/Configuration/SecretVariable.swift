/// A secret in an environment variable, named where the path of its file would stand: `secret_file = "env:JWT_SECRET"`.
///
/// For platforms that hand secrets over in no other way. Other processes of the same user can read it, so a file is better.
public enum SecretVariable {
    /// The variable that a path names; `nil` for the path of a file.
    public static func name(_ path: String) -> String? {
        guard path.hasPrefix(prefix) else { return nil }
        let name = path.dropFirst(prefix.count)
        return name.isEmpty ? nil : String(name)
    }

    private static let prefix = "env:"
}
