extension Options {
    /// The reference page, `docs/configuration.md`: Markdown, rendered from the tables and from nothing else.
    public static var reference: String {
        let standard = Options()
        var parts = [introduction]
        for option in table.sortedBySection {
            let description = option.description
            let value = description.type.toml(option.get(standard))
            parts.append(entry(description, standard: value ?? "not set"))
        }
        for group in groups {
            parts.append("## `[[\(group.name)]]`\n\n\(group.doc)")
            for (description, value) in zip(group.descriptions, group.defaults) {
                let isRequired = group.required.contains(description)
                let text = isRequired ? nil : description.type.toml(value) ?? "not set"
                parts.append(entry(description, standard: text))
            }
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func entry(_ description: OptionDescription, standard: String?) -> String {
        var facts = ["takes \(description.type.expectation)"]
        if let standard {
            facts.append(standard == "not set" ? "default: not set" : "default: `\(standard)`")
        } else {
            facts.append("must be given")
        }
        if let flag = description.flag {
            let value = description.type.placeholder
            facts.append("flag: `\(flag)\(value.isEmpty ? "" : " " + value)`")
        }
        if let environment = description.environment { facts.append("environment: `\(environment)`") }
        facts.append(description.isLive ? "SIGHUP applies a change" : "a change needs a restart")
        return "### `\(description.name)`\n\n\(description.doc)\n\n"
            + facts.map { "- \($0)" }.joined(separator: "\n")
    }

    private static let introduction = """
        # Configuration

        <!-- Rendered by `sockeye config reference`; a test compares. Change the table in Sources/Configuration instead. -->

        Sockeye runs without any configuration: on `127.0.0.1:8000`, with the endpoint `/ws`. Everything that can be changed
        is on this page. A value is taken from the first of these that gives it:

        1. a flag of `sockeye serve`,
        2. an environment variable,
        3. the file of TOML that `--config FILE` or `SOCKEYE_CONFIG` names,
        4. the default.

        A list from a stronger source replaces the weaker one whole. `sockeye config show` prints what comes out and where each
        value came from; `sockeye config check` finds mistakes without starting anything. An unknown key or flag is an error
        that names the nearest one that exists.

        Secrets are never values on this page. Private keys are files, and the secret that signs tokens lives in the
        `state` directory: flags and variables can be read by other processes. Where a platform hands secrets over in
        variables alone, `env:NAME` in the place of a file's path takes what the variable `NAME` holds, for every option that
        names a file with a secret, a key or header lines (but not for `[[tls]]`).

        **Times** are numbers with a unit of `ms`, `s`, `m`, `h` or `d`: `"250ms"`, `"10s"`, `"1h30m"`. **Sizes** are bytes, or
        have a unit: `4096`, `"64KiB"`, `"1MiB"`; `KB`, `MB` and `GB` are powers of ten. **Paths** in a file are relative to its
        directory, those in flags and variables to the working directory; `~/` is the home directory. **Lists** are
        arrays in TOML; a flag is repeated, and a variable has commas.

        ```toml
        profile = "production"
        allowed_origins = ["https://app.example.com"]

        [[listen]]
        address = "0.0.0.0:443"

        [[tls]]
        cert = "/etc/sockeye/fullchain.pem"
        key = "/etc/sockeye/privkey.pem"

        [[endpoint]]
        path = "/ws/{user}"
        authentication = ["header", "subprotocol", "message"]

        [limits]
        message = "64KiB"
        ```

        ## Options
        """
}
