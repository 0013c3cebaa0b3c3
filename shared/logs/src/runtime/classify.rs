//! What an error's type and message say it is.

use crate::fact::Detection;

/// Types of errors by which the runtime says that the function cannot start as it is configured.
///
/// Node.js in JSON mode leaves `Runtime.` out.
const CONFIGURATION: [&str; 12] = [
    "ImportModuleError",
    "HandlerNotFound",
    "MalformedHandlerName",
    "UserCodeSyntaxError",
    "MalformedStreamingHandler",
    "InvalidEntrypoint",
    "InvalidWorkingDir",
    "InvalidTaskConfig",
    "LaunchError",
    "NoSuchHandler",
    "NoHandlerClass",
    "InvalidHandler",
];

/// Types of errors that say that memory ran out, without their package.
const OUT_OF_MEMORY: [&str; 5] =
    ["OutOfMemory", "OutOfMemoryError", "OutOfMemoryException", "MemoryError", "NoMemoryError"];

/// Whether an error of this type is a matter of the function's configuration.
pub(crate) fn is_configuration(error_type: &str) -> bool {
    let name = error_type.strip_prefix("Runtime.").or_else(|| error_type.strip_prefix("Extension."));
    CONFIGURATION.contains(&name.unwrap_or(error_type))
}

/// Whether another line counts the failure that an error of this type tells of: the report counts an error of the
/// initialisation, the platform's line counts a process that ends.
pub(crate) fn is_evidence(error_type: &str) -> bool {
    /// What the runtime says of an invocation that it goes on after.
    const COUNTING: [&str; 3] = ["MarshalError", "UnmarshalError", "UnhandledPromiseRejection"];
    match error_type.strip_prefix("Runtime.") {
        Some(name) => !COUNTING.contains(&name),
        None => is_configuration(error_type),
    }
}

/// What an exception of this type with this message raises.
pub(crate) fn exception(error_type: &str, message: &str) -> Detection {
    let name = error_type.rsplit('.').next().unwrap_or(error_type);
    if OUT_OF_MEMORY.contains(&name) {
        Detection::OutOfMemory
    } else if error_type == "Runtime.NodeJsExit" {
        Detection::EarlyExit
    } else if is_configuration(error_type) {
        Detection::Configuration
    } else if is_permission(error_type) || is_permission(message) {
        Detection::Permission
    } else {
        Detection::Exception
    }
}

/// Whether a text says that a role may not do something.
fn is_permission(text: &str) -> bool {
    const SIGNS: [&str; 3] = ["AccessDenied", "is not authorized to perform", "UnauthorizedOperation"];
    SIGNS.iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_and_message_decide() {
        for (error_type, message, detection) in [
            ("KeyError", "'b'", Detection::Exception),
            ("java.lang.OutOfMemoryError", "Java heap space", Detection::OutOfMemory),
            ("ImportModuleError", "", Detection::Configuration),
            ("Runtime.HandlerNotFound", "", Detection::Configuration),
            ("AccessDeniedException", "", Detection::Permission),
            ("ClientError", "User: x is not authorized to perform: dynamodb:Scan", Detection::Permission),
            ("Runtime.NodeJsExit", "", Detection::EarlyExit),
        ] {
            assert_eq!(exception(error_type, message), detection, "{error_type}");
        }
    }

    #[test]
    fn what_the_runtime_goes_on_after_counts() {
        assert!(is_evidence("Runtime.ImportModuleError"));
        assert!(is_evidence("Runtime.NodeJsExit"));
        assert!(is_evidence("HandlerNotFound"));
        for error_type in ["Runtime.UnhandledPromiseRejection", "Runtime.MarshalError", "TypeError"] {
            assert!(!is_evidence(error_type), "{error_type}");
        }
    }
}
