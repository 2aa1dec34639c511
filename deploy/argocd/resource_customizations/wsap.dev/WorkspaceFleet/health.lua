local hs = { status = "Progressing", message = "Waiting for the operator to connect to AWS" }

if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
local ready = conditions["Ready"]
if ready == nil then
  return hs
end

hs.message = ready.message
if conditions["Stalled"] ~= nil and conditions["Stalled"].status == "True" then
  hs.status = "Degraded"
  hs.message = conditions["Stalled"].reason .. ": " .. conditions["Stalled"].message
elseif ready.status == "True" then
  hs.status = obj.spec.freeze == true and "Suspended" or "Healthy"
elseif conditions["Reconciling"] == nil or conditions["Reconciling"].status ~= "True" then
  hs.status = "Degraded"
end
return hs
