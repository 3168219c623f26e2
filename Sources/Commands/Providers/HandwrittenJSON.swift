import EnvironmentDomain
import JSONText
package import OperatingSystem

/// The content of a JSON file that a person writes: whatever is wrong with it is said with its place and what is expected.
package struct HandwrittenJSON<Content: Decodable> {
    package let content: Content
    package let bytes: [UInt8]

    package init(_ file: borrowing OpenFile) throws(HandwrittenJSONError) {
        do {
            bytes = try file.read(limit: 16 << 20)
            let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
            content = try JSONTextDecoder().decode(Content.self, from: text)
        } catch let error as SystemError {
            throw HandwrittenJSONError(reason: error.reason)
        } catch let error as JSONError where error.code == .duplicateMember {
            let object = error.object.isEmpty ? "at the top" : error.object
            throw HandwrittenJSONError(reason: "\(object): \(error.reason), and once is expected")
        } catch let error as JSONError {
            throw HandwrittenJSONError(reason: "it is not JSON: \(error)")
        } catch let error as DecodingError {
            throw HandwrittenJSONError(reason: error.plainWords(top: "at the top"))
        } catch {
            throw HandwrittenJSONError(reason: "\(error)")
        }
    }
}

/// What is wrong with a JSON file that a person wrote, without the file's name.
package struct HandwrittenJSONError: Error {
    package let reason: String

    package init(reason: String) { self.reason = reason }
}

/// The name of a member.
package struct MemberName: CodingKey {
    package let stringValue: String
    package let intValue: Int? = nil
    package init(_ name: String) { stringValue = name }
    package init(stringValue: String) { self.stringValue = stringValue }
    package init?(intValue: Int) { nil }
}

extension Decoder {
    /// Returns a keyed container, and throws when it has members other than the allowed ones.
    package func strictContainer(_ allowed: [String]) throws -> KeyedDecodingContainer<MemberName> {
        let container = try container(keyedBy: MemberName.self)
        if let unknown = container.allKeys.map(\.stringValue).sorted().first(where: { !allowed.contains($0) }) {
            let advice =
                unknown.nearName(in: allowed).map { ". Did you mean \"\($0)\"?" }
                ?? "; the keys are \(allowed.joined(separator: ", "))"
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: container.codingPath,
                    debugDescription: "unknown key \(unknown.quotedAsJSON)\(advice)"))
        }
        return container
    }
}

extension KeyedDecodingContainer<MemberName> {
    /// A number up to a thousand million.
    package func decodeNumber(
        _ name: String, default standard: Double, _ expectation: String, where isValid: (Double) -> Bool
    ) throws -> Double {
        let key = MemberName(name)
        guard contains(key) else { return standard }
        guard let number = try? decode(Double.self, forKey: key), number.isFinite, number <= 1e9, isValid(number) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: expectation)
        }
        return number
    }
}
