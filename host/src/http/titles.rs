//! Titles of problems in Simplified Chinese; the English ones stand with the status codes.

use super::problem::Problem;

/// A problem's title.
pub(super) fn chinese(problem: &Problem) -> &'static str {
    match problem {
        Problem::Malformed(_) => "请求格式错误",
        Problem::Smuggling => "请求以两种方式声明长度",
        Problem::Unauthenticated(_) => "需要有效令牌",
        Problem::Forbidden(_) => "令牌无此权限",
        Problem::NotFound => "不存在",
        Problem::NoReport(_) => "平台规则没有此报告",
        Problem::MethodNotAllowed(_) => "该路径不支持此方法",
        Problem::Timeout => "请求内容传输超时",
        Problem::Conflict(_) => "与现有状态冲突",
        Problem::SubjectFull => "该对象的变更次数已达上限",
        Problem::StillRunning => "使用该键的首个请求仍在处理",
        Problem::PreconditionFailed => "内容已发生变化",
        Problem::TooLarge(_) => "请求过大",
        Problem::UriTooLong => "路径或查询过长",
        Problem::MediaType(_) => "不接受此内容类型或编码",
        Problem::Invalid { .. } => "字段值不可接受",
        Problem::PluginRefused(_) => "组件未获准入",
        Problem::KeyReused => "幂等键已用于其他请求",
        Problem::EventsRejected(_) => "没有可接受的事件",
        Problem::TooMany { .. } => "请求过多",
        Problem::Internal(_) => "服务器内部错误",
        Problem::RulesFailed(_) => "平台规则未给出结果",
        Problem::Overloaded => "等待处理的请求过多",
        Problem::Unavailable(_) | Problem::NotReady(_) => "暂时无法处理",
    }
}
