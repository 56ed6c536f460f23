import Bytes
import HTTPWire
import JSON

/// The description of the HTTP API in the form of OpenAPI 3.1, made from its routes.
enum OpenAPI {
    /// The document of these routes, in their order.
    static func document(_ routes: [(path: String, route: Route)]) -> [UInt8] {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("openapi", "3.1.0")
        object.member("info") { info in
            info.member("title", "Sockeye")
            info.member("version", GatewayServer.version)
            info.member("summary", "What a backend asks of its realtime server.")
            info.member(
                "description",
                """
                Bodies are strict JSON (RFC 8259) in UTF-8: members that mean nothing, or come twice, are refused. Lengths \
                of texts are counted in bytes of UTF-8.
                """)
            info.member("license") { $0.member("name", "Apache-2.0") }
        }
        object.member("servers", each: ["/"]) { $0.member("url", $1) }
        object.member("security", each: ["bearer", "key"]) { $0.member($1, [String]()) }
        object.member("paths") { paths in
            // An object may have a name once; several methods of one path stand together.
            var seen: Set<String> = []
            for (path, _) in routes where seen.insert(path).inserted {
                paths.member(path) { methods in
                    for (other, route) in routes where other == path {
                        guard let operation = route.operation else { continue }
                        methods.member(route.method.name.lowercased()) { operation.describe(in: &$0) }
                    }
                }
            }
        }
        object.member("components", components)
        object.end()
        return body.array
    }

    private static func components(_ object: inout JSONObjectWriter) {
        object.member("schemas") { schemas in
            schemas.member("Error") { APISchema.object(failure).describe(in: &$0) }
        }
        object.member("securitySchemes") { schemes in
            schemes.member("bearer") { scheme in
                scheme.member("type", "http")
                scheme.member("scheme", "bearer")
                scheme.member("description", "A key made by `sockeye key create`.")
            }
            schemes.member("key") { scheme in
                scheme.member("type", "apiKey")
                scheme.member("in", "header")
                scheme.member("name", "X-API-Key")
                scheme.member("description", "The same.")
            }
        }
    }

    private static let failure: [APIMember] = [
        .required("code", .text(.free), "What is wrong, as a word that does not change."),
        .required("message", .text(.free), "The same for people."),
        .required("remedy", .text(.free), "What to do about it."),
    ]
}

extension APIOperation {
    fileprivate func describe(in object: inout JSONObjectWriter) {
        object.member("operationId", id)
        object.member("summary", summary)
        object.member("description", doc)
        if !parameters.isEmpty {
            object.member("parameters", each: parameters) { parameter, member in
                parameter.member("name", member.name)
                parameter.member("in", "query")
                parameter.member("required", member.isRequired)
                parameter.member("description", member.doc)
                parameter.member("schema") { member.schema.describe(in: &$0) }
            }
        }
        if let members {
            object.member("requestBody") { body in
                body.member("required", true)
                describeContent(in: &body) { schema in
                    schema.member("type", "object")
                    APIMember.describe(members, in: &schema)
                    schema.member("additionalProperties", false)
                    if !exactlyOne.isEmpty {
                        schema.member("oneOf", each: exactlyOne) { $0.member("required", [$1]) }
                    }
                }
            }
        }
        object.member("responses") { responses in
            responses.member("200") { response in
                response.member("description", "It is done.")
                describeContent(in: &response) { APISchema.object(answer).describe(in: &$0) }
            }
            for (status, words) in (failures + Self.commonFailures).sorted(by: { $0.status < $1.status }) {
                responses.member("\(status)") { describeFailure(words, in: &$0) }
            }
            responses.member("default") { describeFailure("Anything else that is wrong.", in: &$0) }
        }
    }

    private func describeFailure(_ words: String, in object: inout JSONObjectWriter) {
        object.member("description", words)
        describeContent(in: &object) { $0.member("$ref", "#/components/schemas/Error") }
    }

    private func describeContent(
        in object: inout JSONObjectWriter, _ schema: (inout JSONObjectWriter) -> Void
    ) {
        object.member("content") { content in
            content.member("application/json") { $0.member("schema", schema) }
        }
    }

    private static let commonFailures: [(status: Int, words: String)] = [
        (400, "The request is not what the operation takes; `code` and `message` say where."),
        (401, "There is no key with the request, or not a valid one."),
        (429, "Too much at once with this key; `Retry-After` says when it may be done again."),
        (503, "What must be stored could not be."),
    ]
}
