public import ArgumentParser
public import Commands
public import EnvironmentDomain

extension Goal: @retroactive ExpressibleByArgument {}
extension CommandName: @retroactive ExpressibleByArgument {}
extension LifecycleState: @retroactive ExpressibleByArgument {}
