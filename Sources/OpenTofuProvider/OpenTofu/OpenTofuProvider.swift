public import Commands
import EnvironmentDomain
import OperatingSystem

extension Provider {
    /// Creates a provider that makes instances with OpenTofu or Terraform from a user's folder of `.tf` files, and
    /// configures them with Ansible.
    ///
    /// | command | steps |
    /// |---|---|
    /// | provision | `render_infrastructure`, `opentofu_init`, `opentofu_validate`, `opentofu_plan`, `opentofu_apply`, `get_instance_info`, `render_configuration`, `wait_ssh_connectivity`, `wait_cloud_init` |
    /// | configure, release, run | one for each playbook of the command |
    /// | destroy | one for each playbook, `opentofu_destroy`, `remove_working_files` |
    ///
    /// - Parameters:
    ///   - infrastructure: The path of the user's folder; it is copied, and never written to.
    ///   - program: The path or name of OpenTofu or Terraform; `nil` for the program that the environment was made
    ///     with, or else `tofu`, or else `terraform`.
    ///   - patience: The longest times that provisioning waits for the hosts.
    /// - Throws: ``InfrastructureError`` when the folder or a playbook in it cannot be used.
    public static func opentofu(
        infrastructure: String, program: String? = nil, patience: SSHPatience = SSHPatience()
    ) throws(InfrastructureError) -> Provider {
        let folder = try InfrastructureFolder(infrastructure)
        let source = OpenTofuSource(folder: folder, program: program)
        let tool = source.provisioning
        let removal = source.destroying
        let playbooks = try PlaybookFolder(
            infrastructure: folder.path, reserved: [.destroy: removal.map(\.name)])
        let path: AbsolutePath
        do {
            path = try AbsolutePath(folder.path)
        } catch {
            throw InfrastructureError(path: folder.path, reason: "\(error)")
        }
        let login: [Step] = [
            .renderConfiguration(playbooks), .waitSSHConnectivity(patience), .waitCloudInit,
        ]
        let digests = try folder.digests()
        var provider = Provider(
            .opentofu, provision: tool + login, configure: playbooks.steps(of: .configure),
            release: playbooks.steps(of: .release), run: playbooks.steps(of: .run),
            destroy: playbooks.steps(of: .destroy) + removal,
            checks: [InfrastructureCheck(source: source).check, .sshLogin, .playbooks(playbooks)],
            preview: Preview { step, request in
                try await describingFaults { try await InfrastructurePreview(source: source).plan(step, request) }
            },
            redoneWhenChanged: [.provision: OpenTofuSource.applying], needs: source.needs + playbooks.needs,
            source: path, digest: digests.whole,
            digests: [
                .provision: digests.infrastructure, .configure: digests.playbooks, .release: digests.playbooks,
                .run: digests.playbooks,
            ])
        provider.loginCheck = { (credentials, workspace) async throws(StepError) in
            try await LoginKey(SSHAccount(credentials, in: workspace)).check()
        }
        return provider
    }
}

extension Provider {
    /// Returns a shell command line that creates an infrastructure folder from an environment's copy of it.
    ///
    /// The command line changes nothing when the folder's path exists.
    ///
    /// - Parameters:
    ///   - build: The path of the environment's build folder.
    ///   - folder: The path of the folder to create.
    package static func copying(build: String, to folder: String) -> String {
        // Leave out the generated files and those that OpenTofu or Terraform added.
        let others = [".terraform", VariablesFile.name, "\(ToolState.name)*", ToolState.errored]
        let parent = (parentPath(of: folder) ?? "/").quotedForShell
        func copy(_ source: String, to target: String, without names: [String]) -> String {
            let exclusions = names.map { "--exclude=" + "./\($0)".quotedForShell }.joined(separator: " ")
            return "tar -C \(source.quotedForShell) \(exclusions) -cf - . | tar -C \(target.quotedForShell) -xf -"
        }
        let playbooks = "\(build)/\(InfrastructureFolder.playbooks)"
        let target = "\(folder)/\(InfrastructureFolder.playbooks)"
        var commands = [
            "mkdir -p \(parent)", "mkdir \(folder.quotedForShell)",
            copy("\(build)/infrastructure", to: folder, without: others),
        ]
        // The inventory always exists in the copy of the playbooks.
        if let names = try? Folder(playbooks).names(), names != [AnsibleConfiguration.inventoryName] {
            commands += [
                "mkdir \(target.quotedForShell)",
                copy(playbooks, to: target, without: [AnsibleConfiguration.inventoryName]),
            ]
        }
        return commands.joined(separator: " && ")
    }
}

extension OpenTofuSource {
    /// The programs that the steps need: OpenTofu or Terraform, and programs of OpenSSH.
    fileprivate var needs: [ProgramNeed] {
        [
            ProgramNeed(phase: .provision, step: "render_infrastructure") {
                (environment, workspace) throws(StepError) in
                if let login = environment.context.sshCredentials { try KeyPair(workspace).checkProgram(for: login) }
            },
            ProgramNeed(phase: .provision, step: "opentofu_init", find: findTool),
            ProgramNeed(phase: .provision, step: Self.applying, find: findTool),
            ProgramNeed(phase: .provision, step: "wait_ssh_connectivity") { (_, _) throws(StepError) in
                _ = try SSHLogin.findProgram()
            },
            ProgramNeed(phase: .destroy, step: "opentofu_destroy") { (environment, workspace) throws(StepError) in
                // Before `opentofu_init` has set the output, no resource was made, so no program is needed.
                if environment.context[ToolProgram.output] != nil { try findTool(environment, workspace) }
            },
        ]
    }

    @Sendable private func findTool(_ environment: AnyEnvironmentState, _ workspace: Workspace) throws(StepError) {
        _ = try ToolProgram(named: program, remembered: environment.context[ToolProgram.output])
    }

    /// The steps that run OpenTofu or Terraform until the hosts are known.
    fileprivate var provisioning: [Step] {
        [
            .opentofu("render_infrastructure", timeout: .seconds(60)) { try await render($0) },
            .opentofu("opentofu_init") { try await initialize($0) },
            .opentofu("opentofu_validate") { try await validate($0) },
            .opentofu("opentofu_plan", timeout: .seconds(1800)) { try await plan($0) },
            .opentofu(Self.applying, timeout: .seconds(3600)) { try await apply($0) },
            .opentofu("get_instance_info") { try await readOutputs($0) },
        ]
    }

    fileprivate var destroying: [Step] {
        [
            .opentofu("opentofu_destroy", timeout: .seconds(3600)) { try await destroy($0) },
            .opentofu("remove_working_files", timeout: .seconds(60)) { try removeWorkingFiles($0) },
        ]
    }
}
