import NginxSyntax

extension NginxProblem.Kind {
    /// What is wrong, in half a sentence, as an operator would say it.
    var words: Phrase {
        switch self {
        case .fileMissing(let path): both("the included file \(path) does not exist", "被包含的文件 \(path) 不存在")
        case .fileUnreadable(let path, let reason):
            both("\(path) cannot be read: \(reason)", "无法读取 \(path)：\(reason)")
        case .fileTooLarge(let path, let limit):
            both("\(path) was not read: it has more than \(limit) bytes", "未读取 \(path)：超过 \(limit) 字节")
        case .includeLoop(let chain):
            both(
                "files include each other: \(chain.joined(separator: " → "))",
                "文件互相包含：\(chain.joined(separator: " → "))")
        case .includesTooDeep(let limit):
            both("files include each other more than \(limit) deep", "文件包含层数超过 \(limit)")
        case .tooManyIncludes(let limit):
            both("more than \(limit) files are included", "包含的文件超过 \(limit) 个")
        case .byteOrderMark:
            both(
                "the file begins with a byte order mark, which nginx takes for a part of the first name",
                "文件以字节顺序标记 (BOM) 开头，nginx 会把它当作第一个指令名的一部分")
        case .binaryFile: both("the file is not text: it holds NUL bytes", "文件不是文本：包含 NUL 字节")
        case .unexpectedCharacter(let byte):
            both(
                "unexpected \"\(String(decoding: [byte], as: UTF8.self))\"",
                "意外的字符 \"\(String(decoding: [byte], as: UTF8.self))\"")
        case .unexpectedEndOfDirective:
            both("the file ends inside a directive: a \";\" is missing", "文件在指令中途结束：缺少 \";\"")
        case .unclosedBlock(let name):
            both("the block of \"\(name)\" is not closed: a \"}\" is missing", "\"\(name)\" 块没有关闭：缺少 \"}\"")
        case .unclosedQuote: both("a quote is not closed", "引号没有关闭")
        case .wordTooLong(let length):
            both(
                "a word of \(length) bytes is longer than nginx's buffer of 4096",
                "\(length) 字节的参数超过 nginx 的 4096 字节缓冲区")
        case .unclosedForeignBlock(let name):
            both("the Lua block of \"\(name)\" is not closed", "\"\(name)\" 的 Lua 块没有关闭")
        case .nestingTooDeep(let limit): both("blocks are nested more than \(limit) deep", "块嵌套超过 \(limit) 层")
        case .tooManyDirectives(let limit): both("there are more than \(limit) directives", "指令超过 \(limit) 条")
        case .tooManyProblems(let limit): both("there are more than \(limit) problems", "问题超过 \(limit) 个")
        case .unknownDirective(let name): both("unknown directive \"\(name)\"", "未知指令 \"\(name)\"")
        case .misplacedDirective(let name, let context, _):
            both("\"\(name)\" is not allowed in \(context.words.en)", "\"\(name)\" 不能放在 \(context.words.zh)")
        case .wrongArgumentCount(let name, let count, _):
            both("\"\(name)\" has a wrong number of arguments (\(count))", "\"\(name)\" 的参数个数不对 (\(count))")
        case .missingSemicolon(let name):
            both("a \";\" is missing after \"\(name) …\"", "\"\(name) …\" 后缺少 \";\"")
        case .missingBlock(let name): both("\"\(name)\" needs a block in braces", "\"\(name)\" 需要大括号块")
        case .unexpectedBlock(let name): both("\"\(name)\" takes no block", "\"\(name)\" 不接受大括号块")
        case .duplicateDirective(let name):
            both("\"\(name)\" stands twice in one block", "\"\(name)\" 在同一块中出现两次")
        case .invalidValue(let name, let value):
            both("\"\(name)\" does not take \"\(value)\"", "\"\(name)\" 不接受 \"\(value)\"")
        case .missingSection(let name): both("there is no \"\(name)\" section", "缺少 \"\(name)\" 段")
        case .duplicateLocation(let name):
            both("location \"\(name)\" stands twice", "location \"\(name)\" 重复")
        case .misplacedLocation(let name, let parent, _):
            both(
                "location \"\(name)\" cannot be inside location \"\(parent)\"",
                "location \"\(name)\" 不能放在 location \"\(parent)\" 内")
        case .proxyPassWithURI(let value):
            both(
                "proxy_pass \(value) has a path, which is not allowed in a regular-expression or named location, in \"if\" and in \"limit_except\"",
                "proxy_pass \(value) 带有路径，在正则或命名 location、\"if\" 和 \"limit_except\" 中不允许")
        case .invalidURLPrefix(_, let value):
            both(
                "proxy_pass \(value) does not begin with http:// or https://",
                "proxy_pass \(value) 未以 http:// 或 https:// 开头")
        case .emptyUpstream(let name):
            both("upstream \"\(name)\" has no server", "upstream \"\(name)\" 中没有 server")
        case .certificateMissing(let listen):
            both("the TLS listener \(listen) has no certificate", "TLS 监听 \(listen) 没有证书")
        case .undefinedName(let directive, let name):
            both("\(directive) names \"\(name)\", which nothing defines", "\(directive) 引用的 \"\(name)\" 没有定义")
        case .bufferSizes(let directive, let value, let minimum, let maximum):
            if let minimum {
                both(
                    "\(directive) of \(value) is below \(minimum), which the other buffers need",
                    "\(directive) 为 \(value)，低于其他缓冲区要求的 \(minimum)")
            } else {
                both(
                    "\(directive) of \(value) bytes is more than all buffers but one hold (\(maximum ?? 0))",
                    "\(directive) 为 \(value) 字节，超过除一个以外所有缓冲区的总和 (\(maximum ?? 0))")
            }
        case .unknownVariable(let name):
            both("the variable $\(name) is defined nowhere", "变量 $\(name) 没有在任何地方定义")
        case .invalidVariableName(let text): both("\"\(text)\" is no variable", "\"\(text)\" 不是变量")
        }
    }

    /// What to do about it.
    var remedy: Phrase {
        switch self {
        case .byteOrderMark: both("save the file as UTF-8 without a byte order mark", "将文件保存为不带 BOM 的 UTF-8")
        case .missingSemicolon, .unexpectedEndOfDirective: both("add the semicolon", "补上分号")
        case .unclosedBlock: both("add the closing brace", "补上右大括号")
        case .misplacedDirective(let name, _, let allowed):
            both(
                "move \"\(name)\" to \(allowed.map(\.words.en).joined(separator: ", "))",
                "将 \"\(name)\" 移到 \(allowed.map(\.words.zh).joined(separator: "、"))")
        case .wrongArgumentCount(let name, _, let expected):
            both("\"\(name)\" takes \(counts(expected).en)", "\"\(name)\" 需要\(counts(expected).zh)")
        case .duplicateDirective, .duplicateLocation: both("keep one of them", "只保留其中一个")
        case .proxyPassWithURI:
            both(
                "leave the path out of proxy_pass, and change it with rewrite … break before",
                "去掉 proxy_pass 中的路径，需要时先用 rewrite … break 改写")
        case .invalidURLPrefix(_, let value): both("write http://\(value)", "写成 http://\(value)")
        case .bufferSizes:
            both(
                "set all three so that they fit: proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k;",
                "同时设置三者使其匹配：proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k;")
        case .fileMissing: both("create the file, or take the include out", "创建该文件，或删除该 include")
        case .certificateMissing:
            both(
                "add ssl_certificate and ssl_certificate_key to that server",
                "在该 server 中添加 ssl_certificate 和 ssl_certificate_key")
        default: both("correct the line, then run nginx -t", "修正该行，然后运行 nginx -t")
        }
    }

    private func both(_ en: String, _ zh: String) -> Phrase { Phrase(en: en, zh: zh) }

    /// `12` as "1 or 2 arguments".
    private func counts(_ expected: String) -> Phrase {
        if expected == "any" { return both("any number of arguments", "任意个参数") }
        if expected.hasSuffix("+") {
            let least = expected.dropLast()
            return both("at least \(least) arguments", "至少 \(least) 个参数")
        }
        let numbers = expected.map(String.init)
        if numbers == ["0"] { return both("no arguments", "没有参数") }
        return both(
            numbers.joined(separator: " or ") + (numbers == ["1"] ? " argument" : " arguments"),
            numbers.joined(separator: " 或 ") + " 个参数")
    }
}

extension NginxContext {
    /// The block, as one would say it.
    var words: Phrase {
        switch self {
        case .main: Phrase(en: "the main level", zh: "主配置层")
        case .unknown: Phrase(en: "a block of another module", zh: "其他模块的块")
        case .entries: Phrase(en: "a list of entries", zh: "条目列表")
        default: Phrase("\"\(rawValue)\"")
        }
    }
}
