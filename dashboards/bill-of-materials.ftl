<#-- What is shipped, in CycloneDX, as scanners read it. The license-maven-plugin fills this in; entries are a Maven project and its licences. -->
<#function place library>
  <#return "pkg:maven/" + library.groupId + "/" + library.artifactId + "@" + library.version + "?type=jar">
</#function>
{
  "bomFormat": "CycloneDX",
  "specVersion": "1.6",
  "version": 1,
  "metadata": {
    "component": {"type": "application", "bom-ref": "kappa", "name": "kappa"}
  },
  "components": [
<#list dependencyMap as entry>
    {
      "type": "library",
      "bom-ref": "${place(entry.getKey())?json_string}",
      "group": "${entry.getKey().groupId?json_string}",
      "name": "${entry.getKey().artifactId?json_string}",
      "version": "${entry.getKey().version?json_string}",
      "purl": "${place(entry.getKey())?json_string}",
      "licenses": [<#list entry.getValue() as licence>{"license": {"id": "${licence?json_string}"}}<#sep>, </#list>]
    }<#sep>,
</#list>

  ]
}
