Rails.application.configure do
  config.cache_classes = true
  config.eager_load = true
  config.action_cable.mount_path = "/cable"
  config.action_cable.allow_same_origin_as_host = true
  config.log_level = :info
end
