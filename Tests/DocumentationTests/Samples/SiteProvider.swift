import Commands
import EnvironmentDomain
import Foundation

/// Publishes the pages of a folder, and says of itself everything that a provider can say.
struct SiteProvider {
    /// The folder with the pages.
    let pages: AbsolutePath
    /// The path of the program that copies a page.
    let copier: String

    func provider() throws -> Provider {
        Provider(
            "site",
            provision: [
                Step("copy_pages") { step in
                    for page in try changed(in: step.workspace) {
                        try await step.run("mkdir", "-p", step.workspace.instance)
                        try await step.run(copier, "\(pages)/\(page)", step.workspace.instance)
                    }
                },
                Step("check_pages") { step in
                    for page in try names() where try text(pages.text, page).contains("DRAFT") {
                        throw StepError(kind: "draft", summary: "\(page) is a draft")
                    }
                    try step.set(.instanceAddress, to: "127.0.0.1")
                },
            ],
            destroy: [Step("remove_pages") { step in try await step.run("rm", "-rf", step.workspace.instance) }],
            checks: [
                DriftCheck("pages") { step in
                    try changed(in: step.workspace).map { DriftCheck.Difference($0, "is not as it is in the source") }
                }
            ],
            preview: Preview { _, request in
                let pages = request.isRemoval ? try names() : try changed(in: request.workspace)
                let changes = pages.map { Preview.Change(address: $0, action: request.isRemoval ? "delete" : "copy") }
                return Preview.Plan(
                    changes: changes, add: request.isRemoval ? 0 : pages.count, change: 0,
                    remove: request.isRemoval ? pages.count : 0)
            },
            // A page that was repaired while provisioning was unfinished is copied again.
            redoneWhenChanged: [.provision: "copy_pages"],
            needs: [
                ProgramNeed(phase: .provision, step: "copy_pages") { (_, _) throws(StepError) in
                    guard FileManager.default.isExecutableFile(atPath: copier) else {
                        throw StepError(kind: .toolMissing, summary: "there is no program \(copier)")
                    }
                }
            ],
            source: pages, digest: Checksum(of: Array(try names().map { try text(pages.text, $0) }.joined().utf8)))
    }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: pages.text).sorted() }

    private func text(_ folder: String, _ page: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(page)", encoding: .utf8)
    }

    /// The pages that are not published as they are in the source.
    private func changed(in workspace: Workspace) throws -> [String] {
        try names().filter { page in try text(pages.text, page) != (try? text(workspace.instance, page)) }
    }
}
