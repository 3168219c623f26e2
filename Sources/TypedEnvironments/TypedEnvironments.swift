// This module re-exports the modules that a deployment program needs: environments, their repositories and the
// commands.
@_exported public import Commands
@_exported public import EnvironmentDomain
@_exported public import Persistence
