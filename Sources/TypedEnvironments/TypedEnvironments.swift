// One import for a program that deploys: environments, where they are stored, and what can be done to them.
@_exported public import Commands
@_exported public import EnvironmentDomain
@_exported public import Persistence
