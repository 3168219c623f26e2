import Commands
import JSONText
import OperatingSystem

/// The output of `validate -json`, which is one object and not a series of events.
struct Validation: Decodable {
    let valid: Bool
    let diagnostics: [Diagnostic]

    init(_ path: String) throws {
        let bytes = try OpenFile(path, .read).read(limit: 16 << 20)
        do {
            self = try JSONTextDecoder().decode(Validation.self, from: bytes)
        } catch {
            throw StepError(kind: "invalid_configuration", summary: "what validate says is not whole JSON; see \(path)")
        }
    }
}
