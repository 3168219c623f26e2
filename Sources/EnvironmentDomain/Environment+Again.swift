// A phase that has started can be run again from its first step. The phases after it must then be run again too.

extension Environment where State: ProvisionBegunState {
    /// Starts provisioning from its first step, in the run that `command` identifies.
    public consuming func provisionAgain(_ command: CommandRun = CommandRun()) -> Environment<Provisioning> {
        withState(Provisioning(progress: StepProgress(command: command)))
    }
}

extension Environment where State: ConfigureBegunState {
    /// Starts configuring from its first step, in the run that `command` identifies.
    public consuming func configureAgain(_ command: CommandRun = CommandRun()) -> Environment<Configuring> {
        withState(Configuring(instance: state.instance, progress: StepProgress(command: command)))
    }
}

extension Environment where State: ReleaseBegunState {
    /// Starts releasing from its first step, in the run that `command` identifies.
    public consuming func releaseAgain(_ command: CommandRun = CommandRun()) -> Environment<Releasing> {
        withState(Releasing(instance: state.instance, progress: StepProgress(command: command)))
    }
}

extension Environment where State: RunBegunState {
    /// Starts running from its first step, in the run that `command` identifies.
    public consuming func runAgain(_ command: CommandRun = CommandRun()) -> Environment<Running> {
        withState(Running(instance: state.instance, progress: StepProgress(command: command)))
    }
}
