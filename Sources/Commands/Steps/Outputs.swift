import EnvironmentDomain
import OperatingSystem

/// The outputs in a step's file `$OUTPUTS`: lines `name=value`, and blocks for values of several lines.
///
/// A block begins with the line `name<<DELIMITER` and ends with the line `DELIMITER`, as in GitHub Actions. The line
/// break before the delimiter is not part of the value. Lines end with `\n` or `\r\n`.
struct Outputs: Sendable {
    /// The valid outputs, in the order of the file.
    private(set) var values: [(name: String, value: String)] = []
    /// A message for each line or value that is invalid.
    private(set) var complaints: [String] = []

    /// The largest size of a value, and of all names and values of an environment together (bytes).
    ///
    /// Every program gets them as environment variables, whose size the system limits.
    static let valueLimit = 32 << 10
    static let totalLimit = 256 << 10
    /// The largest number of bytes to read from a file.
    static let fileLimit = 16 << 20

    init() {}

    /// Parses the content of a file of outputs.
    ///
    /// - Parameters:
    ///   - bytes: The content of the file.
    ///   - isFinished: Whether the step succeeded, so that a last line without a newline is complete too.
    init(_ bytes: [UInt8], isFinished: Bool) {
        var lines = bytes.prefix(Self.fileLimit).split(separator: Self.newline, omittingEmptySubsequences: false)
        let rest = lines.popLast() ?? []
        let isCut = bytes.count > Self.fileLimit
        if isFinished, !isCut, !rest.isEmpty { lines.append(rest) }
        var index = 0
        while index < lines.count {
            let number = index + 1
            let line = Self.withoutMark(Self.withoutReturn(lines[index]))
            index += 1
            guard !line.isEmpty else { continue }
            if let output = Self.exact(line) {
                values.append(output)
                continue
            }
            switch Self.kind(of: line) {
            case .pair(let name, let value): take(name, value, number)
            case .block(let name, let delimiter):
                guard !delimiter.isEmpty else {
                    complain(number, "begins a block of \(Self.shown(name)) and names no delimiter behind <<")
                    continue
                }
                guard let end = lines[index...].firstIndex(where: { Self.withoutReturn($0) == delimiter }) else {
                    complain(
                        number,
                        "begins a block of \(Self.shown(name)), and no line is \(Self.shown(delimiter)), which would end "
                            + "it")
                    index = lines.count
                    continue
                }
                if index == end {
                    take(name, [], number)
                } else if lines[number - 1].last == Self.carriageReturn {
                    // In a file with CRLF line ends, the carriage returns are not part of the value.
                    let value = lines[index..<end].map(Self.withoutReturn).joined(separator: [Self.newline])
                    take(name, ArraySlice(value), number)
                } else {
                    // Otherwise the lines between are the value, with their line ends unchanged.
                    let last = Self.withoutReturn(lines[end - 1])
                    take(name, bytes[lines[index].startIndex..<last.endIndex], number)
                }
                index = end + 1
            case .neither:
                complain(number, "is \(Self.shown(line)), and neither name=value nor name<<DELIMITER")
            }
        }
        if isCut {
            complaints.append("$OUTPUTS has more than \(Self.fileLimit) bytes, and what is behind them was not read")
        } else if !isFinished, !rest.isEmpty {
            complain(lines.count + 1, "is \(Self.shown(rest)); it has no end of line, and the step did not end well")
        }
    }

    private enum Kind {
        case pair(ArraySlice<UInt8>, ArraySlice<UInt8>)
        case block(ArraySlice<UInt8>, delimiter: ArraySlice<UInt8>)
        case neither
    }

    /// Returns the kind of a line, which depends on whether `=` or `<<` comes first.
    private static func kind(of line: ArraySlice<UInt8>) -> Kind {
        let less = UInt8(ascii: "<")
        for index in line.indices {
            if line[index] == UInt8(ascii: "=") { return .pair(line[..<index], line[(index + 1)...]) }
            if line[index] == less, line[(index + 1)...].first == less {
                return .block(line[..<index], delimiter: line[(index + 2)...])
            }
        }
        return .neither
    }

    private mutating func take(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>, _ line: Int) {
        if let fault = Self.fault(name: name, value: value) {
            complain(line, "sets \(Self.shown(name)): \(fault)")
        } else {
            values.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
    }

    private mutating func complain(_ line: Int, _ text: String) {
        complaints.append("line \(line) of $OUTPUTS \(text)")
    }

    /// Returns the reason for which a name and a value cannot be an output; `nil` when they can.
    static func fault(name: some Collection<UInt8>, value: some Collection<UInt8>) -> String? {
        guard let first = name.first, letters.contains(first), name.count <= 100,
            name.allSatisfy({ letters.contains($0) || rest.contains($0) })
        else { return "a name is 1 to 100 letters, digits and underscores, a letter first" }
        if value.contains(0) { return "its value has a zero byte" }
        guard value.count <= valueLimit else {
            return "its value has \(value.count) bytes, and at most \(valueLimit) are possible"
        }
        guard String(validating: value, as: UTF8.self) != nil else {
            return "its value is not text in UTF-8; a step can set the bytes in another form, such as base64"
        }
        return nil
    }

    /// Returns the text in the file for a valid name and value.
    static func text(name: String, value: String) -> String {
        // A value that ends with CR needs a CRLF line end, since a reader takes CR and LF together as the line end.
        let end = value.ends(with: "\r") ? "\r\n" : "\n"
        guard value.has("\n") else { return "\(name)=\(value)\(end)" }
        var delimiter = "END"
        while value.textLines.contains(delimiter) { delimiter += "_" }
        return "\(name)<<\(delimiter)\n\(value)\(end)\(delimiter)\n"
    }

    /// Returns the name of the environment variable for an output.
    static func variable(_ name: String) -> String {
        let name = name.uppercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
        return "OUTPUT_\(String(decoding: name, as: UTF8.self))"
    }

    /// Returns the variables that more than one stored output would set, with the names of these outputs in order.
    static func collisions(in stored: [String: String]) -> [(variable: String, names: [String])] {
        Dictionary(grouping: stored.keys.sorted(), by: variable).filter { $0.value.count > 1 }
            .sorted { $0.key < $1.key }.map { (variable: $0.key, names: $0.value) }
    }

    /// Adds the outputs to the stored ones, as far as the limits and the names allow.
    ///
    /// - Returns: A message for each output that was left out.
    func merge(into stored: inout [String: String]) -> [String] {
        var complaints: [String] = []
        var size = stored.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        var names = Dictionary(stored.keys.map { (Self.variable($0), $0) }, uniquingKeysWith: { min($0, $1) })
        // The address comes first, so that it fits: without it, the instance could not be found again.
        let isFirst = { (name: String) in name == OutputKey.instanceAddress.name }
        for (name, value) in values.filter({ isFirst($0.name) }) + values.filter({ !isFirst($0.name) }) {
            if stored[name] == nil, let other = names[Self.variable(name)] {
                complaints.append(
                    "the outputs \(other) and \(name) differ only in case or in dashes and underscores, and the next steps get both as "
                        + "\(Self.variable(name)); \(name) was left out and needs another name")
                continue
            }
            let before = stored[name].map { name.utf8.count + $0.utf8.count } ?? 0
            let more = name.utf8.count + value.utf8.count - before
            guard size + more <= Self.totalLimit || more <= 0 else {
                complaints.append(
                    "the output \(name) was left out, since with it all outputs together have more than "
                        + "\(Self.totalLimit) bytes")
                continue
            }
            stored[name] = value
            names[Self.variable(name)] = name
            size += more
        }
        return complaints
    }

    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let rest = Set("0123456789_".utf8)

    private static func withoutReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.last == carriageReturn ? line.dropLast() : line
    }

    /// Returns a line without the byte order mark that some programs write first; no name begins with one.
    private static func withoutMark(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line
    }

    private static func shown(_ bytes: ArraySlice<UInt8>) -> String {
        "\"\(String(decoding: bytes.prefix(80), as: UTF8.self).withoutControlCharacters)\""
    }
}
