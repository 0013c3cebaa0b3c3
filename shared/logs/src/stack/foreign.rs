//! What is not the function's own code: runtimes, standard libraries, SDKs and packages.

/// What paths of others begin with.
const ROOTS: [&str; 11] = [
    "/var/runtime/",
    "/var/lang/",
    "/opt/",
    "/usr/lib/",
    "/usr/local/",
    "/rustc/",
    "/_/src/",
    "node:",
    "internal/",
    "runtime/",
    "<",
];

/// What stands in paths of others.
const PARTS: [&str; 8] = [
    "node_modules/",
    "site-packages/",
    "dist-packages/",
    "/gems/",
    "/.cargo/registry/",
    "/pkg/mod/",
    "aws-lambda-go",
    "/vendor/",
];

/// Packages that are installed beside the code of Python functions, where no part of the path tells them from it.
const BESIDE: [&str; 18] = [
    "aiohttp",
    "aws_lambda_powertools",
    "aws_xray_sdk",
    "awslambdaric",
    "boto3",
    "botocore",
    "datadog_lambda",
    "google",
    "httpx",
    "jinja2",
    "opentelemetry",
    "pydantic",
    "pymysql",
    "redis",
    "requests",
    "s3transfer",
    "sqlalchemy",
    "urllib3",
];

/// What names of classes of others begin with.
const NAMESPACES: [&str; 28] = [
    "Amazon.",
    "AWS.Lambda.",
    "Microsoft.",
    "System.",
    "lambda_method",
    "com.amazonaws.",
    "com.datadoghq.",
    "com.fasterxml.",
    "com.google.",
    "com.sun.",
    "io.micronaut.",
    "io.netty.",
    "io.opentelemetry.",
    "io.quarkus.",
    "java.",
    "javax.",
    "jdk.",
    "kotlin.",
    "kotlinx.",
    "lambdainternal.",
    "okhttp3.",
    "org.apache.",
    "org.hibernate.",
    "org.springframework.",
    "reactor.",
    "scala.",
    "software.amazon.",
    "sun.",
];

/// Whether a file belongs to a runtime or to a library.
pub(super) fn is_foreign_path(path: &str) -> bool {
    let relative = relative(path);
    let package = relative.split('/').next().filter(|package| package.len() < relative.len());
    ROOTS.iter().any(|root| path.starts_with(root))
        || PARTS.iter().any(|part| path.contains(part))
        || package.is_some_and(|package| BESIDE.contains(&package))
}

/// Whether a class or a method belongs to a runtime or to a library.
pub(super) fn is_foreign_name(name: &str) -> bool {
    NAMESPACES.iter().any(|namespace| name.starts_with(namespace))
}

/// A path below the folder that functions and their images are unpacked in.
pub(super) fn relative(path: &str) -> &str {
    const FOLDERS: [&str; 6] = ["/var/task/", "/usr/src/app/", "/app/", "/function/", "./", "/"];
    FOLDERS.iter().find_map(|folder| path.strip_prefix(folder)).unwrap_or(path)
}
