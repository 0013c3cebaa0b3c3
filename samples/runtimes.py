"""How application lines look in each runtime. Each function makes a line of a `Moment`."""

from lambda_logs import compact


# What the application logs.
def node(level, text):
    return lambda m: f"{m.iso}\t{m.request_id}\t{level}\t{text}\n"


def python(level, text):
    return lambda m: f"[{level}]\t{m.iso}\t{m.request_id}\t{text}\n"


def java(level, where, text):
    return lambda m: f"{m.iso[:10]} {m.iso[11:19]} {m.request_id} {level:<5} {where} - {text}\n"


def ruby(level, text):
    return lambda m: f"{level[0]}, [{m.iso[:-1]}417 #8] {level:>5} {m.request_id} -- : {text}\n"


def structured_node(message, **more):
    return lambda m: compact({"level": "INFO", "message": message, "service": "checkout", "timestamp": m.iso,
                              "function_name": "checkout-api", "function_request_id": m.request_id, **more}) + "\n"


def structured_python(level, location, message, **more):
    return lambda m: compact({
        "level": level, "location": location, "message": message, "service": "payment",
        "timestamp": m.iso[:-1].replace("T", " ").replace(".", ",") + "+0000",
        "function_name": "payment-worker", "function_request_id": m.request_id, **more}) + "\n"


def structured_go(level, message, **more):
    return lambda m: slog(level, message, service="mailer", requestId=m.request_id, **more)(m)


def slog(level, message, **more):
    """What Go's `log/slog` writes by itself: it knows nothing of the request."""
    return lambda m: compact({"time": m.iso, "level": level, "msg": message, **more}) + "\n"


def node_object(level, message, **more):
    """An object that Node.js prints behind the columns of its own, which have the request."""
    return node(level, compact({"message": message, **more}))


def ecs_java(level, logger, message, **more):
    """log4j2 with the layout of the Elastic Common Schema; what the thread's context has stands among the rest."""
    return lambda m: compact({"@timestamp": m.iso, "ecs.version": "1.2.0", "log.level": level, "message": message,
                              "process.thread.name": "main", "log.logger": logger,
                              "AWSRequestId": m.request_id, **more}) + "\n"


def emf(namespace, units, dimensions=(("service",),), **values):
    """CloudWatch's embedded metrics: `units` has the unit of each metric, `values` the dimensions and the metrics."""
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    return lambda m: compact({
        "_aws": {"Timestamp": m.at, "CloudWatchMetrics": [{
            "Namespace": namespace, "Dimensions": dimensions, "Metrics": metrics}]}, **values}) + "\n"


def own_words(**said):
    """What an application says to Lamplight on purpose."""
    return compact({"lamplight": said}) + "\n"


# What the runtimes write about an exception that the handler let through.
def node_exception(name, message, where, handler="checkout.js:58:20", **more):
    stack = [f"{name}: {message}", f"    at {where}", f"    at async Runtime.handler (/var/task/{handler})"]
    error = compact({"errorType": name, "errorMessage": message, **more, "stack": stack})
    return lambda m: f"{m.iso}\t{m.request_id}\tERROR\tInvoke Error \t{error}\n"


def python_exception(name, message, frames):
    space = "\u00a0"
    trace = "".join(f"\n{space * 2}File \"/var/task/{path}\", line {line}, in {where}\n{space * 4}{code}"
                    for path, line, where, code in frames)
    return f"[ERROR] {name}: {message}\nTraceback (most recent call last):{trace}\n"


def python_json_exception(name, message, frames):
    trace = [f'  File "/var/task/{path}", line {line}, in {where}\n    {code}\n' for path, line, where, code in frames]
    return lambda m: compact({"timestamp": m.iso[:19] + "Z", "log_level": "ERROR", "errorMessage": message,
                              "errorType": name, "requestId": m.request_id, "stackTrace": trace}) + "\n"


def go_returned_error(name, message):
    error = compact({"errorMessage": message, "errorType": name})
    return lambda m: f"{m.iso[:10].replace('-', '/')} {m.iso[11:19]} {error}\n"
